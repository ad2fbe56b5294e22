/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The part of the page that serves an image of this computer: its fields and
 * buttons, its clock, and what happens when the page is closed. The worker serves
 * the image. Runs in the page.
 */

import { $, onClick, put } from '../ui/dom.js';
import { SERVE } from '../words/en.js';
import { choose, chosenAgain, connect, destination, discard, dropped, retarget,
	useOther } from './act.js';
import { beginChanges, chooseAgain, isSaving, save } from './changes.js';
import { fill, onEdit, takeFragment } from './fields.js';
import { ask, beginHearing } from './hear.js';
import { exchange, restoreKey } from './key.js';
import { show, showState } from './show.js';
import { answer, isServing, send, the, unsaved } from './state.js';
import { onLeave } from './tab.js';

const LOOK = 500; /* ms */

/* Take the slot and the ticket from the address. Returns whether it had any. */
export function readFragment() {
	const given = takeFragment();
	const some = Object.keys(given).length > 0;
	if (isServing()) {
		if (some)
			answer(`${SERVE.busy} ${SERVE.openAgain}`);
		return some;
	}
	the.linked = given.url ?? the.linked;
	fill(given);
	retarget();
	exchange(destination(false));
	return some;
}

/* Serve to this slot of this machine, with the token of a login in place of a
 * ticket. `about` names the slot. Does nothing while an image is served. */
export function serveTo(slot, token, about) {
	if (isServing())
		return;
	the.token = token;
	put('slot-about', about);
	for (const id of ['destination', 'elsewhere'])
		$(id).hidden = Boolean(token);
	$('slot-about').hidden = !token;
	fill({ slot, ticket: '', url: '' });
	retarget();
}

/* The slot of this machine that this page serves to, or null. */
export const servedSlot = () => isServing() && !$('url').value ?
	Number($('slot').value) : null;

/* After another login, a lost connection comes back with its token. */
export function useToken(token) {
	the.token = token;
	send({ type: 'token', token });
}

function listenToFields() {
	$('setup').addEventListener('submit', (event) => {
		event.preventDefault();
		connect(false);
	});
	$('file').addEventListener('change', () => choose($('file').files[0]));
	onEdit(retarget);
	$('ticket').addEventListener('change', () => exchange(destination(false)));
}

function listenToButtons() {
	/* A second stop gives up the host's last writes. But a double click, or
	 * a key that is held down, counts only once. */
	$('stop').addEventListener('click', ({ detail: clicks }) =>
		clicks > 1 || send({ type: 'stop' }));
	$('stop').addEventListener('keydown', (event) =>
		event.repeat && event.key === 'Enter' && event.preventDefault());
	onClick('other', useOther);
	onClick('take', () => connect(true));
	onClick('sure', () => {
		the.linked = '';
		connect(false);
	});
	onClick('save', () => save(the.file.name));
	onClick('save-only', () => save(the.file.name, { only: true }));
	onClick('choose-again', () => chooseAgain());
	onClick('discard', discard);
}

function listenToDrops() {
	const shown = () => !$('serving').hidden;
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
		if (shown())
			dropped(event.dataTransfer);
	});
}

function listenToPage() {
	addEventListener('online', () => send({ type: 'hurry' }));
	addEventListener('resize', () => the.look && ask());
	addEventListener('beforeunload', (event) => {
		if (isServing() || isSaving() || (the.memory && unsaved()))
			event.preventDefault();
	});
	onLeave(() => isServing() && send({ type: 'leave' }));
	setInterval(() => {
		if (isServing())
			ask();
		if (the.state.name === 'lost' || the.state.name === 'open')
			showState();
	}, LOOK);
}

/* Start this part. Returns whether the user wants to serve, not to log in: the
 * address names a slot or has a ticket, or this tab has a key. */
export function beginServing() {
	listenToFields();
	listenToButtons();
	listenToDrops();
	listenToPage();
	beginHearing();
	beginChanges({ send, changed: show, chosen: chosenAgain });
	const wanted = [restoreKey(), readFragment()].some(Boolean);
	if (!isSecureContext)
		the.state = { name: 'insecure' };
	show();
	return wanted;
}

