/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A question to the user, in a dialogue of the page. Runs in the page.
 */

import { $, put } from './dom.js';

let done = null; /* answers the question that is open */

/* Ask the question { title, text, yes }; with `field` { label, value }, ask for
 * a text. Resolves to false, or else to true or the text. */
export function ask({ title, text, yes, danger = false, field = null }) {
	const dialog = $('dialog');
	put('dialog-title', title);
	put('dialog-text', text);
	put('dialog-yes', yes);
	$('dialog-yes').classList.toggle('danger', danger);
	$('dialog-field').hidden = !field;
	put('dialog-label', field?.label ?? '');
	$('dialog-value').value = field?.value ?? '';
	dialog.returnValue = 'no';
	dialog.showModal();
	(field ? $('dialog-value') : $('dialog-no')).focus();
	return new Promise((resolve) => {
		done = () => resolve(dialog.returnValue === 'yes' &&
			(field ? $('dialog-value').value.trim() : true));
	});
}

export function beginDialogs() {
	$('dialog').addEventListener('close', () => done?.());
}
