/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the host has written: saving it, discarding it, and choosing its file
 * again; of this page, or left by pages that were closed. Runs in the page.
 */

import { $, put } from './dom.js';
import { note } from './log.js';
import { percent, size } from './words.js';

let tell = () => {}; /* sends a command to the worker */
let busy = () => {}; /* is told when a saving begins or ends */
let again = ''; /* whose file is being chosen; '' for this page's changes */
let saving = false;
let list = [];

export const isSaving = () => saving;

function changedName(name, only) {
	return only ? `${name}-changes.qcow2` :
		name.replace(/(\.[^.]*)?$/, '-changed$1');
}

/* Save the changed image `name`, or only its changes. */
export async function save(name, { only = false, id = '' } = {}) {
	let handle = null;
	const suggestedName = changedName(name, only);
	put('saving', '');
	if (window.showSaveFilePicker) {
		try {
			handle = await showSaveFilePicker({ suggestedName });
		} catch {
			return; /* the user closed the dialogue */
		}
	}
	saving = true;
	put('saving', 'Saving …');
	tell({ type: 'save', handle, only, id, name: handle?.name ?? suggestedName });
	busy();
}

/* Ask the user for the file of these changes. */
export function chooseAgain(id = '') {
	again = id;
	$('again').click();
}

/* May the changes go? They can't be got back. */
export function mayDiscard(name) {
	return confirm(`What the host wrote to ${name} will be deleted. It can’t ` +
		'be restored. Delete it?');
}

export const heardOfChanges = {
	saving({ at, size: all }) {
		put('saving-share', percent(Math.min(1, at / all)));
	},

	download({ file, name }) {
		const link = document.createElement('a');
		link.href = URL.createObjectURL(file.slice(0, file.size,
			'application/octet-stream'));
		link.download = name;
		link.click();
	},

	saved({ name, handle }) {
		ended(handle ? `Saved as ${name}.` : `The download of ${name} has begun.`);
		note(handle ? `Saved ${name}` : `The download of ${name} has begun`);
	},

	unsaved({ why }) {
		ended(`Unable to save: ${why.replace(/\.$/, '')}. The changes are ` +
			'still here: save them somewhere else.');
		note(`Unable to save the changes: ${why}`);
	},

	leftovers({ list: found }) {
		list = found;
		showLeftovers();
	},
};

function ended(text) {
	saving = false;
	put('saving-share', '');
	put('saving', text);
}

/* --- what closed pages have left --------------------------------------------- */

function showLeftovers() {
	$('kept').dataset.count = list.length;
	$('kept-list').replaceChildren(...list.map(item));
}

function item(one) {
	const about = document.createElement('p');
	const actions = document.createElement('div');
	const element = document.createElement('li');
	about.textContent = words(one);
	actions.className = 'actions';
	if (one.name)
		actions.append(
			button('Choose the file again', one, () => chooseAgain(one.id)),
			button('Save the changes', one, () =>
				save(one.name, { only: true, id: one.id })));
	actions.append(button('Discard', one, () =>
		mayDiscard(one.name ?? 'an image') &&
			tell({ type: 'forget', id: one.id })));
	element.append(about, actions);
	return element;
}

function words({ name, bytes, date, saved }) {
	const from = new Date(date).toLocaleString([],
		{ dateStyle: 'medium', timeStyle: 'short' });
	if (!name)
		return `${size(bytes)} of an older version of this page, from ${from}, ` +
			'can’t be read.';
	return `${size(bytes)} that the host wrote to ${name} are kept from ${from}` +
		(saved ? ', and were saved.' : '.');
}

function button(text, { name, id }, click) {
	const element = document.createElement('button');
	element.type = 'button';
	element.textContent = text;
	element.disabled = saving;
	element.dataset.id = id;
	element.setAttribute('aria-label', `${text}: ${name ?? 'older version'}`);
	element.addEventListener('click', click);
	return element;
}

/* Show or hide the list, and let its buttons be used or not. */
export function showKept(active) {
	$('kept').hidden = active || list.length === 0;
	for (const element of $('kept').querySelectorAll('button'))
		element.disabled = saving;
}

/* `send` sends a command to the worker, `changed` is told when a saving begins,
 * `chosen` gets a file that was chosen again, and whose it is. */
export function beginChanges({ send, changed, chosen }) {
	tell = send;
	busy = changed;
	$('again').addEventListener('change', () => {
		const [file] = $('again').files;
		$('again').value = ''; /* else it can't be chosen once more */
		if (file)
			chosen(file, again);
	});
}
