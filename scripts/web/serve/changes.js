/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the host has written, in this page or in pages that were closed: saving
 * it, discarding it, and choosing its file again. Runs in the page.
 */

import { $, put } from '../ui/dom.js';
import { note } from '../ui/log.js';
import { percent } from '../words/format.js';
import { SAVE } from '../words/en.js';

let tell = () => {}; /* sends a command to the worker */
let busy = () => {}; /* is called when a save begins or ends */
let again = ''; /* the changes whose file is chosen; '': of this page */
let saving = false;
let from = null; /* the button that began the save */
let list = [];

export const isSaving = () => saving;

function changedName(name, only) {
	return only ? `${name}-changes.qcow2` :
		name.replace(/(\.[^.]*)?$/, '-changed$1');
}

/* Save the changed image `name`, or only its changes. */
export async function save(name, { only = false, id = '' } = {}) {
	let handle = null;
	const button = document.activeElement;
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
	from = button;
	put('saving', SAVE.saving);
	tell({ type: 'save', handle, only, id, name: handle?.name ?? suggestedName });
	busy();
}

/* Ask the user for the file of these changes. */
export function chooseAgain(id = '') {
	again = id;
	$('again').click();
}

/* May the changes be discarded? They can't be restored. */
export function mayDiscard(name) {
	return confirm(SAVE.mayDiscard(name));
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
		ended(handle ? SAVE.saved(name) : SAVE.begun(name));
		note(handle ? SAVE.savedLog(name) : SAVE.begunLog(name));
	},

	unsaved({ why }) {
		ended(SAVE.unable(why));
		note(SAVE.unableLog(why));
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
	/* The focus was lost while the button was disabled. */
	setTimeout(() => document.activeElement === document.body && from?.focus());
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
			button(SAVE.again, one, () => chooseAgain(one.id)),
			button(SAVE.save, one, () =>
				save(one.name, { only: true, id: one.id })));
	actions.append(button(SAVE.discard, one, () =>
		mayDiscard(one.name ?? SAVE.anImage) &&
			tell({ type: 'forget', id: one.id })));
	element.append(about, actions);
	return element;
}

function words({ name, bytes, date, saved }) {
	const from = new Date(date).toLocaleString([],
		{ dateStyle: 'medium', timeStyle: 'short' });
	return name ? SAVE.kept(bytes, name, from, saved) :
		SAVE.unreadable(bytes, from);
}

function button(text, { name, id }, click) {
	const element = document.createElement('button');
	element.type = 'button';
	element.textContent = text;
	element.disabled = saving;
	element.dataset.id = id;
	element.setAttribute('aria-label', `${text}: ${name ?? SAVE.older}`);
	element.addEventListener('click', click);
	return element;
}

/* Show or hide the list, and let its buttons be used or not. */
export function showKept(active) {
	$('kept').hidden = active || list.length === 0;
	for (const element of $('kept').querySelectorAll('button'))
		element.disabled = saving;
}

/* `send` sends a command to the worker, `changed` is called when a save begins,
 * `chosen` gets a file that was chosen again, and the id of its changes. */
export function beginChanges({ send, changed, chosen }) {
	tell = send;
	busy = changed;
	$('again').addEventListener('change', () => {
		const [file] = $('again').files;
		$('again').value = ''; /* so that it can be chosen again */
		if (file)
			chosen(file, again);
	});
}
