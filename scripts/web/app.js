/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The page: it chooses whether the user signs in to this machine or serves an
 * image with a ticket, and which part is shown. This depends on the address:
 * #serve/0 serves an image of this computer to slot 0, any other fragment shows
 * all slots. Runs in the page.
 */

import { Actions } from './actions.js';
import { Redfish } from './api.js';
import { Library } from './library/library.js';
import { ImageServer } from './library/server.js';
import { Live } from './live.js';
import { remember } from './recent.js';
import { dropped } from './serve/act.js';
import { onShow } from './serve/show.js';
import { beginServing, readFragment, serveTo, servedSlot, useToken }
	from './serve/start.js';
import { answer, isServing } from './serve/state.js';
import { Store } from './store.js';
import { $, onClick, say } from './ui/dom.js';
import { ask, beginDialogs } from './ui/dialog.js';
import { note } from './ui/log.js';
import { setTitle } from './ui/title.js';
import { beginLibrary } from './view/library.js';
import { beginLogin, showLogin } from './view/login.js';
import { beginMachine } from './view/machine.js';
import { askHow, beginPick, pickSlot } from './view/pick.js';
import { beginSessions } from './view/sessions.js';
import { beginFetch } from './view/fetch.js';
import { beginUpload, chooseUpload } from './view/upload.js';
import { Console } from './view/console.js';
import { APP, SERVE, eventWords } from './words/en.js';

const api = new Redfish();
const store = new Store();
const live = new Live(api, store, (event) => event.ours &&
	note(eventWords(event), event.at));
const library = new Library(new ImageServer(api), store);
const actions = new Actions(api, store, live, remember);

/* --- which part is shown ------------------------------------------------- */

function showPart(part) {
	for (const id of ['login', 'console', 'serving'])
		$(id).hidden = id !== part;
	$('account').hidden = !api.token;
	document.body.dataset.part = part;
}

/* Show the part that belongs to the address and the login. */
function route() {
	const [, number] = /^#serve\/(\d+)$/.exec(location.hash) ?? [];
	if (!api.token) {
		if (readFragment())
			showPart('serving');
		return;
	}
	const slot = store.slots.find((one) => one.number === Number(number));
	if (number === undefined || !slot) {
		showPart('console');
		return;
	}
	serveTo(slot.number, api.token, APP.toSlot(slot.number, slot.type,
		store.machine));
	showPart('serving');
	$('file').focus();
}

/* --- the session ----------------------------------------------------------- */

async function signedIn(name) {
	const service = await api.get(api.root.AccountService['@odata.id'])
		.catch(() => null);
	store.change({ user: { name, ...await rightsOf(name, service) } });
	useToken(api.token);
	setTitle('machine', store.machine);
	await live.start();
	library.start();
	$('back').hidden = false;
	route();
}

/* The user's role and privileges; without an answer, the page offers
 * everything, and the server refuses. */
async function rightsOf(name, service) {
	try {
		const account = await api.get(
			`${service.Accounts['@odata.id']}/${encodeURIComponent(name)}`);
		const role = await api.get(account.Links?.Role?.['@odata.id'] ??
			`${service.Roles['@odata.id']}/${account.RoleId}`);
		return { role: account.RoleId, may: new Set(role.AssignedPrivileges) };
	} catch {
		return { role: '', may: null };
	}
}

/* Change the password, and start a new session with it. */
async function renewPassword(name, account, Password) {
	await api.patch(account, { Password });
	await api.signOut();
	await api.signIn(name, Password);
}

/* Sign out, unless an image is served, whose connection would end with the
 * session. */
async function signOut() {
	if (isServing()) {
		act.serve({ number: servedSlot() ?? 0 });
		answer(SERVE.busy);
		return;
	}
	if (library.isBusy && !await ask(APP.uploadsEnd))
		return;
	library.leave();
	await api.signOut();
	signedOut(APP.signedOut);
}

/* Show the login; an image that is served stays connected. */
function signedOut(about = '') {
	live.stop();
	library.stop();
	for (const id of ['sessions', 'pick', 'how'])
		$(id).close();
	store.clear();
	store.change({ machine: location.hostname });
	setTitle('machine', '');
	showPart('login');
	showLogin(about);
}

/* A file that is dropped on an empty slot is served to it, or uploaded first. */
function dropOnSlot({ target, dataTransfer }) {
	const card = !$('console').hidden && target.closest?.('.slot');
	const slot = store.slots.find(({ id }) => id === card?.id);
	if (!slot || slot.inserted || !store.may('ConfigureManager'))
		return;
	if (dataTransfer.files.length === 1)
		askHow(slot, dataTransfer.files[0]);
	else
		serve(slot, dataTransfer);
}

/* Show the part that serves, and pass on what was dropped, if anything. */
function serve(slot, transfer) {
	act.serve(slot);
	route();
	if (transfer)
		dropped(transfer);
}

/* --- begin ------------------------------------------------------------------ */

const act = {
	insert: (slot, form) => actions.insert(slot, form),
	bootFrom: (slot, form) => actions.bootFrom(slot, form),
	cancel: (slot) => store.of(slot.id).doing?.cancel(),
	boot: (slot) => actions.bootFrom(slot),
	undo: (slot) => actions.undoBoot(slot),
	renew: (slot) => actions.renew(slot),
	eject: (slot) => actions.eject(slot),
	serve: (slot) => {
		location.hash = `#serve/${slot.number}`;
	},
	file: (slot) => askHow(slot),
	show: (slot) => act.serve(slot),
	use: (slot, image) => view.fill(slot, image),
};

/* The same actions with an image of the store. */
const stored = {
	insert: (slot, { uri }, writable) => view.sendStored(slot, uri, writable,
		(form) => act.insert(slot, form)),
	bootFrom: (slot, { uri }, writable) => view.sendStored(slot, uri, writable,
		(form) => act.bootFrom(slot, form)),
	serve: (slot, file) => serve(slot, file && { files: [file], types: ['Files'] }),
	upload: (file) => {
		chooseUpload(file);
		$(file ? 'upload-name' : 'upload-file').focus();
	},
};

const view = new Console(store, act);

async function begin() {
	say(document);
	beginDialogs();
	const wanted = beginServing();
	onShow(() => view.show());
	store.subscribe(() => {
		actions.followBoot();
		view.show();
	});
	beginMachine(actions);
	beginSessions(api, store);
	beginLibrary(library, { pick: pickSlot });
	beginUpload(library);
	beginFetch(library);
	beginPick(store, stored);
	api.ended = () => signedOut(APP.ended);
	beginLogin({ done: signedIn, renew: renewPassword,
		signIn: (user, password) => api.signIn(user, password) });
	onClick('sign-out', signOut);
	onClick('use-ticket', () => showPart('serving'));
	addEventListener('hashchange', route);
	addEventListener('drop', dropOnSlot);
	await choose(wanted);
}

/* A link with a ticket serves. Otherwise the user signs in, if there is
 * Redfish, or if it may be there but does not answer now. */
async function choose(wanted) {
	let why = '';
	const root = !wanted && await api.open().catch((error) => {
		why = `${error.message} ${error.next}`.trim();
		return true;
	});
	if (root)
		signedOut(why);
	else
		showPart('serving');
}

begin();
