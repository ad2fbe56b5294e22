/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The elements of index.html. Runs in the page.
 */

import { LABELS } from '../words/en.js';

export const $ = (id) => document.getElementById(id);

/* Set a text, but only if it differs: a screen reader speaks each change of a
 * live region. */
export function put(id, text) {
	write($(id), text);
}

export function write(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

/* Show what is wrong with a field; '' if nothing is. */
export function fault(id, text) {
	$(id).setAttribute('aria-invalid', Boolean(text));
	put(`${id}-fault`, text);
}

/* Show what is wrong with fields, [id, text] each, and go to the first wrong
 * one. Returns whether there is one. */
export function faulty(faults) {
	for (const [id, text] of faults)
		fault(id, text);
	const [wrong] = faults.find(([, text]) => text) ?? [];
	if (wrong)
		$(wrong).focus();
	return Boolean(wrong);
}

export function onClick(id, handler) {
	$(id).addEventListener('click', handler);
}

/* Give the elements under `root` the words that their attributes name: data-say is
 * the text, data-say-hint a placeholder, data-say-label an aria-label. */
export function say(root) {
	for (const element of root.querySelectorAll('[data-say]'))
		element.textContent = LABELS[element.dataset.say];
	for (const element of root.querySelectorAll('[data-say-hint]'))
		element.placeholder = LABELS[element.dataset.sayHint];
	for (const element of root.querySelectorAll('[data-say-label]'))
		element.setAttribute('aria-label', LABELS[element.dataset.sayLabel]);
}

let stamped = 0;

/* A copy of the template with this id. Its elements are named by data-part in
 * `parts`; ids in it, and references to them, are made unique. */
export function stamp(id) {
	const copy = $(id).content.cloneNode(true);
	const root = copy.firstElementChild;
	const suffix = `-${++stamped}`;
	for (const name of ['id', 'for', 'aria-describedby', 'aria-labelledby'])
		for (const element of copy.querySelectorAll(`[${name}]`))
			element.setAttribute(name, element.getAttribute(name)
				.replace(/\S+/g, `$&${suffix}`));
	say(root);
	const parts = Object.fromEntries([...root.querySelectorAll('[data-part]')]
		.map((element) => [element.dataset.part, element]));
	return { root, parts };
}
