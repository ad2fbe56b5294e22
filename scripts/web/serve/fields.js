/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The fields of the destination: slot, ticket and address. Runs in the page.
 */

import { $, put } from '../ui/dom.js';
import { fromFragment, resolve } from './target.js';

const FIELDS = ['slot', 'ticket', 'url'];

export function target() {
	return { slot: $('slot').value.trim(), ticket: $('ticket').value.trim(),
		url: $('url').value.trim() };
}

/* The address from the fields, as { url }, or null. Faults appear only once the
 * fields are `used`: if one appeared earlier, it would move the button away
 * from the pointer. */
export function validate(used) {
	const meant = resolve(target(), location);
	for (const id of FIELDS) {
		const wrong = meant.field === id;
		if (wrong && !used)
			continue;
		$(id).setAttribute('aria-invalid', wrong);
		$(`${id}-fault`).hidden = !wrong;
		put(`${id}-fault`, wrong ? meant.fault : '');
	}
	if (used && meant.field === 'url')
		$('elsewhere').open = true; /* the field may be folded away */
	return meant.url ? meant : null;
}

export function focusFault() {
	document.querySelector('[aria-invalid=true]').focus();
}

/* Read the fields' values from the page's fragment, and remove the fragment,
 * which has the ticket, from the address bar. */
export function takeFragment() {
	const given = fromFragment(location.hash);
	if (location.hash)
		history.replaceState(null, '', location.pathname + location.search);
	return given;
}

export function fill(given) {
	for (const [id, value] of Object.entries(given))
		$(id).value = value;
	$('elsewhere').open ||= Boolean(given.url);
}

export function enable(enabled) {
	for (const id of FIELDS)
		$(id).disabled = !enabled;
}

export function onEdit(handler) {
	for (const id of FIELDS)
		$(id).addEventListener('input', handler);
}
