/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The list of what happened, the latest on top. Runs in the page.
 */

import { $ } from './dom.js';

const LONGEST_LOG = 50;

export function note(text) {
	const item = document.createElement('li');
	const time = document.createElement('time');
	time.textContent = new Date().toLocaleTimeString();
	item.append(time, text);
	$('log').prepend(item);
	while ($('log').childElementCount > LONGEST_LOG)
		$('log').lastChild.remove();
	$('happened').hidden = false;
}

/* Correct the latest line, of which more is known now. */
export function amend(text) {
	$('log').firstChild.lastChild.textContent = text;
}
