/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The page: what the user does goes to the worker, and what the worker tells is
 * shown. The worker serves the image. Runs in the page.
 */

import { $, put } from './dom.js';
import { enable, fill, focusFault, onEdit, takeFragment, target, validate }
	from './fields.js';
import { Figures, room } from './figures.js';
import { amend, note } from './log.js';
import { keepAwake } from './tab.js';
import { shortly } from './target.js';
import { duration, isActive, percent, size, words } from './words.js';

const LOOK = 500; /* ms */
const PASSING = new Set(['connecting', 'open', 'stopping']); /* not logged */

const worker = new Worker('worker/worker.js', { type: 'module' });

function random(length) {
	const octets = crypto.getRandomValues(new Uint8Array(length));
	return btoa(String.fromCharCode(...octets)).replace(/\+/g, '-')
		.replace(/\//g, '_').replace(/=/g, '');
}
const client = random(16);
const resume = random(32);

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
let busySaving = false;

/* --- what is shown ---------------------------------------------------- */

function show() {
	const active = isActive(state.name);
	showState();
	enable(!active);
	$('file').disabled = active || unsaved();
	$('writable').disabled = active || changes > 0;
	$('connect').disabled = active || !image || busySaving;
	$('stop').hidden = !active;
	$('take').hidden = state.name !== 'taken';
	$('take').disabled = $('sure').disabled = busySaving;
	$('sure').hidden = state.name !== 'asks';
	document.body.classList.toggle('serving', active);
	$('served').hidden = !active;
	$('served').textContent = file?.name ?? '';
	$('changes').hidden = active || changes === 0 || !look;
	$('save').disabled = $('discard').disabled = busySaving;
	keepAwake(active, `vmedia-${client}`);
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
	image({ size: bytes, cd }) {
		image = { size: bytes, cd };
		$('file-about').textContent =
			`${size(file.size)}, ${cd ? 'a CD' : 'a disk'} for the host`;
		state = { name: 'ready' };
		destination(false);
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
		}
		if (now.name === 'lost' || now.name === 'refused')
			probe();
		ask();
	},

	look(now) {
		look = now;
		({ changes, version } = now);
		figures.sample(now.bytes.read);
		$('figures').hidden ||= !isActive(state.name) &&
			now.bytes.read === 0 && changes === 0;
		if (!$('figures').hidden)
			figures.show(now, image.size, isActive(state.name));
	},

	saving({ at, size: all }) {
		put('saving-share', percent(at / all));
	},

	download({ file: merged }) {
		const link = document.createElement('a');
		link.href = URL.createObjectURL(merged.slice(0, merged.size,
			'application/octet-stream'));
		link.download = savedName();
		link.click();
	},

	saved({ name }) {
		busySaving = false;
		saved = version; /* no host is connected meanwhile */
		put('saving-share', '');
		put('saving', name ? `Saved as ${name}.` :
			`The download of ${savedName()} has begun.`);
		note('The changed image was saved');
	},

	unsaved({ why }) {
		busySaving = false;
		put('saving-share', '');
		put('saving', `Unable to save: ${why.replace(/\.$/, '')}. The ` +
			'changes are still here: save them somewhere else.');
		note(`Unable to save the changed image: ${why}`);
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
	answer('');
	file = chosen;
	$('file').value = ''; /* else the same file can't be chosen again */
	image = look = null;
	changes = version = saved = 0;
	figures = new Figures();
	state = { name: 'looking' };
	$('file-name').textContent = file.name;
	$('file-about').textContent = size(file.size);
	$('drop').classList.add('chosen');
	$('figures').hidden = true;
	worker.postMessage({ type: 'choose', file });
	show();
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
	worker.postMessage({ type: 'connect', take, writable: $('writable').checked,
		to: { url: meant.url, ticket: target().ticket, client, resume,
			name: file.name } });
	show();
	$('stop').focus();
}

function savedName() {
	return file.name.replace(/(\.[^.]*)?$/, '-changed$1');
}

async function save() {
	let handle = null;
	put('saving', '');
	if (window.showSaveFilePicker) {
		try {
			handle = await showSaveFilePicker(
				{ suggestedName: savedName() });
		} catch {
			return; /* the user closed the dialogue */
		}
	}
	busySaving = true;
	put('saving', 'Saving …');
	worker.postMessage({ type: 'save', handle });
	show();
}

function discard() {
	worker.postMessage({ type: 'discard' });
	changes = version = saved = 0;
	look = null;
	$('figures').hidden = true;
	put('saving', '');
	state = { name: 'ready' };
	note('The changes were discarded');
	show();
	$('connect').focus();
}

/* --- the clock, and closing the page ---------------------------------- */

addEventListener('beforeunload', (event) => {
	if (isActive(state.name) || unsaved())
		event.preventDefault();
});

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
}

$('setup').addEventListener('submit', (event) => {
	event.preventDefault();
	connect(false);
});
$('file').addEventListener('change', () => choose($('file').files[0]));
onEdit(retarget);
/* A second stop gives up the host's last writes. A double click, or a key that
 * is held down, is not meant that way: it counts once. */
$('stop').addEventListener('click', ({ detail: clicks }) =>
	clicks > 1 || worker.postMessage({ type: 'stop' }));
$('stop').addEventListener('keydown', (event) =>
	event.repeat && event.key === 'Enter' && event.preventDefault());
$('take').addEventListener('click', () => connect(true));
$('sure').addEventListener('click', () => {
	linked = '';
	connect(false);
});
$('save').addEventListener('click', save);
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

readFragment();
if (!isSecureContext)
	state = { name: 'insecure' };
show();
