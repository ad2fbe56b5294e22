/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the user does with the image: chooses it, connects, discards its changes.
 * Runs in the page.
 */

import { $, put } from '../ui/dom.js';
import { note } from '../ui/log.js';
import { size } from '../words/format.js';
import { SERVE } from '../words/en.js';
import { mayDiscard } from './changes.js';
import { focusFault, target, validate } from './fields.js';
import { Figures } from './figures.js';
import { hadTicket, keyFor, pending } from './key.js';
import { limits } from './limits.js';
import { otherSlot } from './other-slot.js';
import { show } from './show.js';
import { answer, isServing, send, the, unsaved } from './state.js';
import { shortly } from './target.js';

/* The user has dropped something on the page. */
export function dropped({ files, types }) {
	if ($('file').disabled)
		answer(isServing() ? SERVE.busy : SERVE.unsaved);
	else if (files.length > 1)
		answer(SERVE.oneFile);
	else if (files.length === 1)
		choose(files[0]);
	else if ([...types].some((type) => /^text\//.test(type)))
		answer(SERVE.droppedLink);
	else
		answer(SERVE.noFile);
}

export function choose(chosen) {
	if (!chosen || $('file').disabled)
		return;
	if (unsaved()) {
		chosenAgain(chosen, '');
		return;
	}
	$('file').value = ''; /* so that the same file can be chosen again */
	take(chosen);
	the.changes = the.version = the.saved = 0;
	the.full = the.memory = false;
	send({ type: 'choose', file: chosen });
	show();
}

/* The user has chosen the file to which kept changes belong. */
export function chosenAgain(chosen, id) {
	if (isServing())
		return;
	if (id && unsaved()) {
		answer(SERVE.unsaved);
		return;
	}
	take(chosen);
	send({ type: 'again', file: chosen, id });
	show();
}

/* Show a chosen file while the worker checks it. */
function take(chosen) {
	answer('');
	the.file = chosen;
	the.image = the.look = null;
	the.figures = new Figures();
	the.state = { name: 'looking' };
	$('file-name').textContent = chosen.name;
	$('file-about').textContent = size(chosen.size);
	$('drop').classList.add('chosen');
	$('figures').hidden = true;
}

/* The destination from the fields, or null; see validate(). */
export function destination(used) {
	const meant = validate(used);
	if (meant || used)
		the.where = meant ? shortly(meant.url) : '';
	return meant;
}

/* The user edits the destination. "Taken" was about the previous slot. */
export function retarget() {
	if (the.state.name === 'taken' || the.state.name === 'asks')
		the.state = { name: 'ready' };
	destination(false);
	show();
}

export function connect(take) {
	if (isServing())
		return;
	if (pending()) {
		pending().then(() => connect(take));
		return;
	}
	const meant = destination(true);
	if (!meant) {
		show();
		focusFault();
		return;
	}
	answer('');
	const { host } = new URL(meant.url);
	if (target().url && target().url === the.linked && host !== location.host) {
		the.state = { name: 'asks', host };
		show();
		$('sure').focus();
		return;
	}
	the.figures.samples = [];
	the.state = { name: 'connecting' };
	if ($('writable').checked) /* or the browser may delete it for room */
		navigator.storage?.persist?.().catch(() => {});
	send({ type: 'connect', take, writable: $('writable').checked,
		to: { url: meant.url, ticket: target().ticket, client: the.client,
			token: host === location.host ? the.token : '',
			resume: keyFor(meant.url), name: the.file.name,
			limits: limits() } });
	show();
	$('stop').focus();
}

/* Connect to the empty slot that the server named. */
export function useOther() {
	const { slot } = otherSlot(the.state, the.image);
	$('slot').value = slot;
	the.state = { name: 'ready' };
	retarget();
	if (hadTicket() && !the.token) {
		answer(SERVE.ownTicket(slot));
		$('ticket').focus();
	} else {
		connect(false);
	}
}

export function discard() {
	if (unsaved() && !mayDiscard(the.file.name))
		return;
	send({ type: 'discard' });
	the.changes = the.version = the.saved = 0;
	the.look = null;
	$('figures').hidden = true;
	put('saving', '');
	the.full = false;
	the.state = { name: !the.image || the.state.name === 'changed' ?
		'again' : 'ready' };
	note(SERVE.discarded);
	show();
	$(the.image ? 'connect' : 'file').focus();
}
