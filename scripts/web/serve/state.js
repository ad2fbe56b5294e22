/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the page knows about the image that it serves; the other files of this
 * folder read and change it. Runs in the page.
 */

import { put } from '../ui/dom.js';
import { Figures } from './figures.js';
import { random } from './key.js';

export const worker = new Worker('worker/worker.js', { type: 'module' });
export const send = (command) => worker.postMessage(command);

export const the = {
	client: random(16), /* names this page to the server */
	file: null,
	token: '', /* of a login, in place of a ticket */
	linked: '', /* an address from a link, until the user agrees to it */
	image: null, /* { size, cd } of the file */
	where: '',
	state: { name: 'empty' }, /* STATES of words/en.js */
	look: null, /* the worker's last answer to 'look' */
	figures: new Figures(),
	changes: 0, /* blocks that the host has written */
	version: 0, /* of the changed image */
	saved: 0, /* the version that was saved last */
	memory: false, /* the changes are in memory only */
	full: false, /* there was no room for the host's last write */
};

export const unsaved = () => the.changes > 0 && the.version !== the.saved;

/* States in which the page must stay open: it serves, or will serve again. */
export const isActive = (name) =>
	['connecting', 'open', 'lost', 'stopping'].includes(name);
export const isServing = () => isActive(the.state.name);

/* Tell the user why something can't be done now. */
export const answer = (text) => put('answer', text);
