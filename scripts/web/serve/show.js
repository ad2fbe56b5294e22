/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Shows what state.js knows. Runs in the page.
 */

import { $, put } from '../ui/dom.js';
import { note } from '../ui/log.js';
import { setTitle } from '../ui/title.js';
import { duration } from '../words/format.js';
import { CHANGES, SERVE, words } from '../words/en.js';
import { isSaving, showKept } from './changes.js';
import { enable } from './fields.js';
import { enableLimits } from './limits.js';
import { showOther } from './other-slot.js';
import { isActive, isServing, the, unsaved } from './state.js';
import { keepAwake } from './tab.js';

const LATE = 3000; /* ms without a connection before the time is shown */
const PASSING = new Set(['connecting', 'open', 'stopping']); /* not logged */

/* States in which the file of the changes is missing. */
const GONE = new Set(['changed', 'differs', 'unreadable']);

let watcher = () => {};

export function show() {
	const { state, image, changes } = the;
	const active = isServing();
	const saving = isSaving();
	showState();
	enable(!active);
	enableLimits(!active);
	$('file').disabled = active || (unsaved() && !GONE.has(state.name));
	$('writable').disabled = active || changes > 0;
	$('connect').disabled = active || !image || saving;
	$('stop').hidden = !active;
	$('take').hidden = state.name !== 'taken';
	$('take').disabled = $('sure').disabled = saving;
	$('sure').hidden = state.name !== 'asks';
	showOther(state, image);
	document.body.classList.toggle('serving', active);
	$('served').hidden = !active;
	$('served').textContent = the.file?.name ?? '';
	showChanges(active, saving);
	showKept(active);
	keepAwake(active, `vmedia-${the.client}`);
	watcher(active);
}

/* Call watch(active) whenever it may have changed whether this page serves. */
export function onShow(watch) {
	watcher = watch;
}

/* The changed image needs its file; the changes alone do not. */
function showChanges(active, saving) {
	const gone = GONE.has(the.state.name);
	$('changes').hidden = active || the.changes === 0;
	$('save').hidden = gone;
	$('save-only').classList.toggle('main', gone);
	$('choose-again').hidden = !gone;
	for (const id of ['save', 'save-only', 'choose-again', 'discard'])
		$(id).disabled = saving;
	put('changes-about', the.memory ? CHANGES.inMemory : CHANGES.kept);
}

/* What words() needs. */
export function view() {
	const { state, where, image, look, figures } = the;
	return { ...state, where, image, unsaved: unsaved(),
		writable: $('writable').checked,
		hasRead: state.host ? state.host !== 'inserted' :
			look?.bytes.read > 0,
		reads: state.host ? state.host === 'reading' : figures.reads };
}

export function showState() {
	const { state } = the;
	const { tone, title, detail, told } = words(view());
	$('state').dataset.tone = tone;
	put('state-title', title);
	put('state-detail', detail);
	put('told', told);
	setTitle('serve', state.name === 'empty' ? '' : title);
	const waited = Date.now() - state.since;
	$('clock').hidden = state.name !== 'lost' || waited < LATE;
	put('clock', $('clock').hidden ? '' : SERVE.tryingFor(duration(waited)));
}

/* Log the beginning and the end of a connection, but nothing between them. */
export function noteChange(was, now) {
	if ((now.name === 'open' && now.attached && !was.attached) ||
	    (now.name !== was.name && !PASSING.has(now.name)))
		note(words(view()).log);
}
