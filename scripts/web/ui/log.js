/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The list of events for the user, with the latest on top. Runs in the page.
 */

import { $ } from './dom.js';
import { moment } from '../words/format.js';
import { times } from '../words/en.js';

const LONGEST_LOG = 50;

let last = { text: '', count: 0 };

/* Add a line. If it is the same as the last one, count it. */
export function note(text, at = Date.now()) {
	const again = last.text === text && $('log').firstChild;
	last = { text, count: again ? last.count + 1 : 1 };
	const item = again || document.createElement('li');
	const time = document.createElement('time');
	time.dateTime = new Date(at).toISOString();
	time.textContent = moment(at);
	item.replaceChildren(time, times(text, last.count));
	$('log').prepend(item);
	while ($('log').childElementCount > LONGEST_LOG)
		$('log').lastChild.remove();
	$('happened').hidden = false;
}

/* Correct the latest line, because more is known now. */
export function amend(text) {
	last.text = text;
	$('log').firstChild.lastChild.textContent = times(text, last.count);
}
