/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * All slots of the machine, its host, and the user's name. Runs in the page.
 */

import { servedSlot } from '../serve/start.js';
import { $, put } from '../ui/dom.js';
import { CONSOLE, LABELS } from '../words/en.js';
import { showLibrary } from './library.js';
import { showMachine } from './machine.js';
import { SlotCard } from './slot.js';

export class Console {
	/* `act` is for the cards. */
	constructor(store, act) {
		Object.assign(this, { store, act });
		this.cards = new Map();
		/* The times that are shown must go on between two answers. */
		setInterval(() => document.hidden || this.show(), 1000);
	}

	show() {
		const { store } = this;
		this.showUser();
		this.showTrouble();
		if (!store.user)
			return;
		showMachine(store);
		for (const slot of store.slots)
			this.card(slot).update(slot, store,
				slot.number === servedSlot());
		for (const [id, { root }] of this.cards)
			if (!store.slots.some((slot) => slot.id === id)) {
				root.remove();
				this.cards.delete(id);
			}
		showLibrary(store);
	}

	/* Put an image's address into the form of another slot. */
	fill(slot, image) {
		this.card(slot).form.fill(image);
	}

	/* Insert an image of the store through the form of its slot, which
	 * shows errors. */
	sendStored(slot, image, writable, work) {
		return this.card(slot).form.sendStored(image, writable, work);
	}

	card(slot) {
		if (!this.cards.has(slot.id)) {
			const card = new SlotCard(slot, this.act);
			this.cards.set(slot.id, card);
			$('slots').append(card.root);
		}
		return this.cards.get(slot.id);
	}

	showUser() {
		const { user, machine } = this.store;
		put('whose', machine || LABELS.subtitle);
		put('sessions-show', user ? CONSOLE.who(user.name, user.role) : '');
		const limited = user ? CONSOLE.limited(this.store) : '';
		$('limited').hidden = !limited;
		put('limited', limited);
	}

	showTrouble() {
		const { user, link, machine } = this.store;
		const lost = Boolean(user) && link === 'lost';
		$('trouble').hidden = !lost;
		put('trouble', lost ? CONSOLE.lost(machine) : '');
	}
}
