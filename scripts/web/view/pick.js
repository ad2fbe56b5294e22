/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Two questions, each in a dialogue: into which slot an image of the store goes, and
 * how a slot gets a file of this computer. Runs in the page.
 */

import { slotsFor } from '../library/rules.js';
import { $, onClick, put } from '../ui/dom.js';
import { bootTarget, restartOf } from '../model.js';
import { LIBRARY } from '../words/en.js';

let store = null;
let act = null;
let image = null; /* the image for which a slot is picked */
let slot = null; /* the slot that gets a file */
let dropped = null; /* the file; null if it is not chosen yet */

const picked = () => store.slots.find(({ id }) => id === $('pick-slot').value);

/* `can` has insert and bootFrom (slot, image, writable), serve (slot, file) and
 * upload (file). */
export function beginPick(known, can) {
	store = known;
	act = can;
	onClick('pick-insert', () => pick(act.insert));
	onClick('pick-boot', () => pick(act.bootFrom));
	onClick('pick-no', () => $('pick').close());
	$('pick-slot').addEventListener('change', showSlot);
	onClick('how-serve', () => how(() => act.serve(slot, dropped)));
	onClick('how-upload', () => how(() => act.upload(dropped)));
	onClick('how-no', () => $('how').close());
}

/* --- a slot for an image ---------------------------------------------------- */

export function pickSlot(of) {
	image = of;
	const free = slotsFor(image.name, store.slots);
	put('pick-title', LIBRARY.pickTitle(image.name));
	$('pick-slot').replaceChildren(...free.map((one) =>
		new Option(LIBRARY.slot(one), one.id)));
	$('pick-field').hidden = free.length === 0;
	put('pick-fault', free.length === 0 ? LIBRARY.noSlot : '');
	$('pick-insert').hidden = free.length === 0;
	$('pick-writable').checked = false;
	showSlot();
	$('pick').showModal();
	$(free.length === 0 ? 'pick-no' : 'pick-slot').focus();
}

/* Show what the chosen slot can do. */
function showSlot() {
	const chosen = picked();
	const { system } = store;
	$('pick-write').hidden = chosen?.type !== 'disk';
	$('pick-boot').hidden = !chosen || !system || !restartOf(system) ||
		!bootTarget(chosen, system.boot.targets) ||
		!store.may('ConfigureComponents');
}

function pick(work) {
	const chosen = picked();
	$('pick').close();
	if (chosen)
		work(chosen, image, chosen.type === 'disk' && $('pick-writable').checked);
}

/* --- how a slot gets a file --------------------------------------------------- */

/* `file` is null if it is not chosen yet. Without a store, the only way is to
 * serve it. */
export function askHow(of, file = null) {
	slot = of;
	dropped = file;
	if (!store.images) {
		act.serve(slot, dropped);
		return;
	}
	put('how-title', LIBRARY.howTitle(slot.number));
	$('how').showModal();
	$('how-serve').focus();
}

function how(work) {
	$('how').close();
	work();
}
