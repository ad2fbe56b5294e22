/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The page: what is asked of the user, and what is told. All of what it serves
 * is the worker's matter. Runs in the page.
 */

import { $, put } from './dom.js';
import { enable, fill, focusFault, onEdit, takeFragment, target, validate }
	from './fields.js';
import { Figures, room } from './figures.js';
import { note } from './log.js';
import { keepAwake } from './tab.js';
import { shortly } from './target.js';
import { duration, isActive, percent, size, words } from './words.js';

const LOOK = 500; /* ms */
const PASSING = new Set(['connecting', 'open', 'stopping']);
const TITLE_SAYS_IT = new Set(['ejected', 'stopped', 'changed']);

const worker = new Worker('worker/worker.js', { type: 'module' });

function random(length) {
	const octets = crypto.getRandomValues(new Uint8Array(length));
	return btoa(String.fromCharCode(...octets)).replace(/\+/g, '-')
		.replace(/\//g, '_').replace(/=/g, '');
}
const client = random(16);
const resume = random(32);

let file = null;
let image = null; /* { size, cd } of it */
let where = '';
let state = { name: 'empty' };
let look = null; /* what the worker told last of how it goes */
let figures = new Figures();
let changes = 0; /* blocks that are not the file's */
let version = 0, saved = 0; /* of the changed image; and what of it was saved */
let busySaving = false;

/* --- what is shown ----------------------------------------------------------- */

function show() {
	const active = isActive(state.name);
	showState();
	enable(!active);
	$('file').disabled = active || unsaved();
	$('writable').disabled = active || changes > 0;
	$('connect').disabled = active || !image || busySaving;
	$('stop').hidden = !active;
	$('take').hidden = state.name !== 'taken';
	$('take').disabled = busySaving;
	$('served').hidden = !active;
	$('served').textContent = file?.name ?? '';
	$('changes').hidden = active || changes === 0 || !look;
	$('save').disabled = $('discard').disabled = busySaving;
	keepAwake(active, `vmedia-${client}`);
}

function view() {
	return { ...state, where, image,
		hasRead: look?.bytes.read > 0,
		reads: figures.reads };
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

/* What is no end, and no beginning, is not worth a line. */
function noteChange(was, now) {
	if (now.name === 'open' && now.attached)
		note(`Attached to ${where}`);
	else if (now.name !== was.name && !PASSING.has(now.name))
		note(words(view()).title +
			(TITLE_SAYS_IT.has(now.name) ? '' : `: ${now.why}`));
}

/* --- what the worker tells ------------------------------------------------------- */

const heard = {
	image({ size: bytes, cd }) {
		image = { size: bytes, cd };
		$('file-about').textContent =
			`${size(file.size)}, ${cd ? 'a CD' : 'a disk'} for the host`;
		state = { name: 'ready' };
		destination(false);
	},

	unreadable({ why }) {
		state = { name: 'unreadable', why };
		$('drop').classList.remove('chosen');
	},

	state({ state: now }) {
		const was = state;
		state = now;
		noteChange(was, now);
		if (now.name === 'open' && was.name !== 'open') {
			figures.openedAt = Date.now();
			$('figures').hidden = false; /* to be measured */
			$('ticket').value = ''; /* it was good for once */
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
		saved = version; /* nobody has written meanwhile */
		put('saving-share', '');
		put('saving', name ? `Saved as ${name}.` :
			`The download of ${savedName()} has begun.`);
		note('The changed image was saved');
	},

	unsaved({ why }) {
		busySaving = false;
		put('saving-share', '');
		put('saving', `It could not be saved: ${why}`);
		note(`The changed image could not be saved: ${why}`);
	},

	failed({ why }) {
		state = { name: 'failed', why };
		note(why);
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
	heard.failed({ why: event.message || 'the worker did not start' });
	show();
};

/* An end, of whatever kind: the focus was on a button that is gone. */
function ended() {
	if (document.activeElement === document.body ||
	    document.activeElement === $('stop'))
		$(state.name === 'taken' ? 'take' : 'connect').focus();
}

/* A page is not told why it was not let in. Is the server there? */
async function probe() {
	const asked = state;
	if (new URL($('url').value || location.href).host !== location.host ||
	    (asked.name === 'lost' && asked.attempts < 3))
		return;
	const answer = await fetch(location.pathname,
		{ method: 'HEAD', cache: 'no-store' }).catch(() => null);
	if (state.name === asked.name && answer?.ok) {
		state = { ...state, notLetIn: true };
		show();
	}
}

/* --- what the user does -------------------------------------------------------- */

const unsaved = () => changes > 0 && version !== saved;

function choose(chosen) {
	if (!chosen || $('file').disabled)
		return;
	file = chosen;
	$('file').value = ''; /* so that it can be chosen again */
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

/* It is about another slot, perhaps: who has that has not yet been told. */
function retarget() {
	if (state.name === 'taken')
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
			return; /* changed their mind */
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

/* --- the tab stays ------------------------------------------------------------- */

addEventListener('beforeunload', (event) => {
	if (isActive(state.name) || unsaved())
		event.preventDefault();
});

/* The worker does not need this clock; only who looks at the page does. */
function ask() {
	worker.postMessage({ type: 'look', cells: room() });
}
setInterval(() => {
	if (isActive(state.name))
		ask();
	if (state.name === 'lost' || state.name === 'open')
		showState();
}, LOOK);

/* --- begin -------------------------------------------------------------------- */

function readFragment() {
	const given = takeFragment();
	if (isActive(state.name))
		return;
	fill(given);
	retarget();
}

$('setup').addEventListener('submit', (event) => {
	event.preventDefault();
	connect(false);
});
$('file').addEventListener('change', () => choose($('file').files[0]));
onEdit(retarget);
/* A double click is once, as is a key that is held: twice gives up what the host
 * wrote last. */
$('stop').addEventListener('click', ({ detail: clicks }) =>
	clicks > 1 || worker.postMessage({ type: 'stop' }));
$('stop').addEventListener('keydown', (event) =>
	event.repeat && event.key === 'Enter' && event.preventDefault());
$('take').addEventListener('click', () => connect(true));
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
	choose(event.dataTransfer.files[0]);
});

readFragment();
if (!isSecureContext)
	state = { name: 'insecure' };
show();
