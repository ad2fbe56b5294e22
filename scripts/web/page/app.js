/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The page: what the user does goes to the worker, and what the worker tells is
 * shown. The worker serves the image. Runs in the page.
 */

import { beginChanges, chooseAgain, heardOfChanges, isSaving, mayDiscard, save,
	showKept } from './changes.js';
import { $, put } from './dom.js';
import { enable, fill, focusFault, onEdit, takeFragment, target, validate }
	from './fields.js';
import { Figures, room } from './figures.js';
import { exchange, hadTicket, keyFor, keyUsed, pending, random, restoreKey } from './key.js';
import { enableLimits, limits } from './limits.js';
import { amend, note } from './log.js';
import { otherSlot, showOther } from './other-slot.js';
import { keepAwake, onLeave } from './tab.js';
import { shortly } from './target.js';
import { CHANGES, duration, isActive, size, words } from './words.js';

const LOOK = 500; /* ms */
/* The file of the changes is not there. */
const GONE = new Set(['changed', 'differs', 'unreadable']);

const PASSING = new Set(['connecting', 'open', 'stopping']); /* not logged */

const worker = new Worker('worker/worker.js', { type: 'module' });

const client = random(16);

let file = null;
let linked = ''; /* the address that came by a link, until it is agreed to */
let image = null; /* { size, cd } of it */
let where = '';
let state = { name: 'empty' };
let look = null; /* the worker's last answer to ask() */
let figures = new Figures();
let changes = 0; /* blocks that the host has written */
let version = 0; /* of the changed image */
let saved = 0; /* the version that was saved last */
let memory = false; /* the changes are in memory only */
let full = false; /* there was no room for what the host wrote last */

/* --- what is shown ---------------------------------------------------- */

function show() {
	const active = isActive(state.name);
	showState();
	enable(!active);
	enableLimits(!active);
	$('file').disabled = active || (unsaved() && !GONE.has(state.name));
	$('writable').disabled = active || changes > 0;
	const saving = isSaving();
	$('connect').disabled = active || !image || saving;
	$('stop').hidden = !active;
	$('take').hidden = state.name !== 'taken';
	$('take').disabled = $('sure').disabled = saving;
	$('sure').hidden = state.name !== 'asks';
	showOther(state, image);
	document.body.classList.toggle('serving', active);
	$('served').hidden = !active;
	$('served').textContent = file?.name ?? '';
	showChanges(active, saving);
	showKept(active);
	keepAwake(active, `vmedia-${client}`);
}

/* The changed image needs its file; the changes alone do not. */
function showChanges(active, saving) {
	const gone = GONE.has(state.name);
	$('changes').hidden = active || changes === 0;
	$('save').hidden = gone;
	$('save-only').classList.toggle('main', gone);
	$('choose-again').hidden = !gone;
	for (const id of ['save', 'save-only', 'choose-again', 'discard'])
		$(id).disabled = saving;
	put('changes-about', memory ? CHANGES.inMemory : CHANGES.kept);
}

function useOther() {
	const { slot } = otherSlot(state, image);
	$('slot').value = slot;
	state = { name: 'ready' };
	retarget();
	if (hadTicket()) {
		answer(`Slot ${slot} needs a ticket of its own.`);
		$('ticket').focus();
	} else {
		connect(false);
	}
}

function view() {
	return { ...state, where, image, unsaved: unsaved(),
		writable: $('writable').checked,
		hasRead: state.host ? state.host !== 'inserted' :
			look?.bytes.read > 0,
		reads: state.host ? state.host === 'reading' : figures.reads };
}

function showState() {
	const { tone, title, detail, told } = words(view());
	$('state').dataset.tone = tone;
	put('state-title', title);
	put('state-detail', detail);
	put('told', told);
	document.title = state.name === 'empty' ? 'Virtual media' :
		`${title} – Virtual media`;
	$('clock').hidden = state.name !== 'lost';
	put('clock', state.name === 'lost' ?
		`Trying again for ${duration(Date.now() - state.since)}` : '');
}

/* Log the beginning and the end of a connection, and not what is between. */
function noteChange(was, now) {
	if ((now.name === 'open' && now.attached && !was.attached) ||
	    (now.name !== was.name && !PASSING.has(now.name)))
		note(words(view()).log);
}

/* --- what the worker tells -------------------------------------------- */

const heard = {
	image({ size: bytes, cd, again, modified, ...old }) {
		image = { size: bytes, cd };
		$('file-about').textContent =
			`${size(file.size)}, ${cd ? 'a CD' : 'a disk'} for the host`;
		state = { name: 'ready', again, modified };
		if (again) {
			({ changes, version } = old);
			saved = old.saved ? version : -1;
			memory = false;
			$('writable').checked = true;
			note(words(view()).log);
		}
		destination(false);
	},

	comparing({ share }) {
		state = { name: 'looking', share };
	},

	differs({ differ, name }) {
		state = { name: 'differs', differ, file: name };
		note(words(view()).log);
	},

	keeping({ memory: inMemory }) {
		memory = inMemory;
		if (memory)
			note(CHANGES.inMemory);
	},

	unreadable({ why, read }) {
		state = { name: 'unreadable', why, read };
		$('drop').classList.remove('chosen');
	},

	state({ state: now }) {
		const was = state;
		state = now;
		noteChange(was, now);
		if (now.name === 'open' && was.name !== 'open') {
			figures.openedAt = Date.now();
			$('figures').hidden = false; /* ask() measures the picture */
			$('ticket').value = ''; /* it works once */
			keyUsed();
		}
		if (now.name === 'lost' || now.name === 'refused')
			probe();
		ask();
	},

	look(now) {
		look = now;
		({ changes, version } = now);
		if (now.full && !full) {
			answer(CHANGES.full);
			note(CHANGES.full);
		}
		({ full } = now);
		figures.sample(now.bytes.read);
		$('figures').hidden ||= !isActive(state.name) &&
			now.bytes.read === 0 && changes === 0;
		if (!$('figures').hidden)
			figures.show(now, image.size, isActive(state.name));
	},

	...heardOfChanges,

	saved(what) {
		heardOfChanges.saved(what);
		if (!what.id)
			saved = version; /* no host is connected meanwhile */
	},

	failed({ why }) {
		state = { name: 'failed', why };
		note(words(view()).log);
	},
};

worker.onmessage = ({ data }) => {
	const was = isActive(state.name);
	heard[data.type](data);
	show();
	if (was && !isActive(state.name))
		ended();
};
worker.onerror = (event) => {
	heard.failed({ why: event.message ||
		'a part of this page did not start; reload this page' });
	show();
};

/* The connection has ended, and the button that had the focus is gone. */
function ended() {
	if (document.activeElement === document.body ||
	    document.activeElement === $('stop'))
		$(state.name === 'taken' ? 'take' : 'connect').focus();
}

/* A browser does not tell a page why a WebSocket failed. If the server answers
 * over HTTP, it was the ticket. */
async function probe() {
	const asked = state;
	if (new URL($('url').value || location.href).host !== location.host ||
	    (asked.name === 'lost' && asked.attempts < 3))
		return;
	const answer = await fetch(location.pathname,
		{ method: 'HEAD', cache: 'no-store' }).catch(() => null);
	if (state.name === asked.name && answer?.ok) {
		state = { ...state, notLetIn: true };
		if (state.name === 'refused')
			amend(words(view()).log);
		show();
	}
}

/* --- what the user does ----------------------------------------------- */

const unsaved = () => changes > 0 && version !== saved;

/* Answer what the user tried, and what can't be done now. */
const answer = (text) => put('answer', text);

const BUSY = 'An image is being served. Press Stop first.';
const UNSAVED = 'Save or discard the changes of this image first.';

/* Something was dropped. */
function dropped({ files, types }) {
	if ($('file').disabled)
		answer(isActive(state.name) ? BUSY : UNSAVED);
	else if (files.length > 1)
		answer('Drop one file: a slot has one image.');
	else if (files.length === 1)
		choose(files[0]);
	else if ([...types].some((type) => /^text\//.test(type)))
		answer('This page serves files of this computer. Download the image ' +
			'first, or have the server fetch it from its address.');
	else
		answer('That was not a file.');
}

function choose(chosen) {
	if (!chosen || $('file').disabled)
		return;
	if (unsaved()) {
		chosenAgain(chosen, '');
		return;
	}
	$('file').value = ''; /* else the same file can't be chosen again */
	take(chosen);
	changes = version = saved = 0;
	full = memory = false;
	worker.postMessage({ type: 'choose', file });
	show();
}

/* The user has chosen the file of changes that are kept. */
function chosenAgain(chosen, id) {
	if (isActive(state.name))
		return;
	if (id && unsaved()) {
		answer(UNSAVED);
		return;
	}
	take(chosen);
	worker.postMessage({ type: 'again', file, id });
	show();
}

/* Show a file that was chosen, and that is being looked at. */
function take(chosen) {
	answer('');
	file = chosen;
	image = look = null;
	figures = new Figures();
	state = { name: 'looking' };
	$('file-name').textContent = file.name;
	$('file-about').textContent = size(file.size);
	$('drop').classList.add('chosen');
	$('figures').hidden = true;
}

/* The destination that the fields mean, or null. */
function destination(used) {
	const meant = validate(used);
	if (meant)
		where = shortly(meant.url);
	return meant;
}

/* The user edits the destination. "Taken" was about the slot named before. */
function retarget() {
	if (state.name === 'taken' || state.name === 'asks')
		state = { name: 'ready' };
	destination(false);
	show();
}

function connect(take) {
	if (isActive(state.name))
		return;
	if (pending()) {
		pending().then(() => connect(take));
		return;
	}
	const meant = destination(true);
	if (!meant) {
		focusFault();
		return;
	}
	answer('');
	const { host } = new URL(meant.url);
	if (target().url && target().url === linked && host !== location.host) {
		state = { name: 'asks', host };
		show();
		$('sure').focus();
		return;
	}
	figures.samples = [];
	state = { name: 'connecting' };
	if ($('writable').checked) /* else the browser may delete it for room */
		navigator.storage?.persist?.().catch(() => {});
	worker.postMessage({ type: 'connect', take, writable: $('writable').checked,
		to: { url: meant.url, ticket: target().ticket, client,
			resume: keyFor(meant.url), name: file.name,
			limits: limits() } });
	show();
	$('stop').focus();
}

function discard() {
	if (unsaved() && !mayDiscard(file.name))
		return;
	worker.postMessage({ type: 'discard' });
	changes = version = saved = 0;
	look = null;
	$('figures').hidden = true;
	put('saving', '');
	full = false;
	if (!image || state.name === 'changed')
		state = { name: 'again' };
	else
		state = { name: 'ready' };
	note('The changes were discarded');
	show();
	$(image ? 'connect' : 'file').focus();
}

/* --- the clock, and closing the page ---------------------------------- */

addEventListener('beforeunload', (event) => {
	if (isActive(state.name) || isSaving() || (memory && unsaved()))
		event.preventDefault();
});

onLeave(() => isActive(state.name) && worker.postMessage({ type: 'leave' }));

/* Ask the worker how the transfer is going: for the eyes of the user only. */
function ask() {
	worker.postMessage({ type: 'look', cells: room() });
}
setInterval(() => {
	if (isActive(state.name))
		ask();
	if (state.name === 'lost' || state.name === 'open')
		showState();
}, LOOK);

/* --- begin ------------------------------------------------------------ */

function readFragment() {
	const given = takeFragment();
	if (isActive(state.name)) {
		if (Object.keys(given).length > 0)
			answer(`${BUSY} Then open the link again.`);
		return;
	}
	linked = given.url ?? linked;
	fill(given);
	retarget();
	exchange(destination(false));
}

$('setup').addEventListener('submit', (event) => {
	event.preventDefault();
	connect(false);
});
$('file').addEventListener('change', () => choose($('file').files[0]));
onEdit(retarget);
$('ticket').addEventListener('change', () => exchange(destination(false)));
/* A second stop gives up the host's last writes. A double click, or a key that
 * is held down, is not meant that way: it counts once. */
$('stop').addEventListener('click', ({ detail: clicks }) =>
	clicks > 1 || worker.postMessage({ type: 'stop' }));
$('stop').addEventListener('keydown', (event) =>
	event.repeat && event.key === 'Enter' && event.preventDefault());
$('other').addEventListener('click', useOther);
$('take').addEventListener('click', () => connect(true));
$('sure').addEventListener('click', () => {
	linked = '';
	connect(false);
});
$('save').addEventListener('click', () => save(file.name));
$('save-only').addEventListener('click', () => save(file.name, { only: true }));
$('choose-again').addEventListener('click', () => chooseAgain());
$('discard').addEventListener('click', discard);
addEventListener('hashchange', readFragment);
addEventListener('online', () => worker.postMessage({ type: 'hurry' }));
addEventListener('resize', () => look && ask());

addEventListener('dragover', (event) => {
	event.preventDefault();
	$('drop').classList.toggle('over', !$('file').disabled);
});
addEventListener('dragleave', (event) => {
	if (!event.relatedTarget)
		$('drop').classList.remove('over');
});
addEventListener('drop', (event) => {
	event.preventDefault();
	$('drop').classList.remove('over');
	dropped(event.dataTransfer);
});

beginChanges({ send: (command) => worker.postMessage(command), changed: show,
	chosen: chosenAgain });
restoreKey();
readFragment();
if (!isSecureContext)
	state = { name: 'insecure' };
show();
