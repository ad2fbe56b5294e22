/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the page knows of the machine: one object, which nothing else holds a copy
 * of. The views are told when it changes. Runs anywhere.
 */

const HISTORY = 150; /* samples of a slot's rate */
const CLOSE = 500; /* ms: samples that are closer tell no rate */

const fresh = () => ({
	user: null, /* { name, role, may: a Set of privileges, or null: not known } */
	machine: '', /* its name */
	system: null, /* { uri, ... } of model.js */
	slots: [], /* in their order, of model.js */
	images: null, /* of the image store, as `vmctl image ls -j` has them; null: no store */
	link: 'none', /* none, events, polling or lost: how changes are heard of */
});

export class Store {
	constructor() {
		this.watchers = [];
		this.clear();
	}

	/* Call `watch` with the store at each change. */
	subscribe(watch) {
		this.watchers.push(watch);
	}

	change(more = {}) {
		Object.assign(this, more);
		for (const watch of this.watchers)
			watch(this);
	}

	/* Forget everything: another user comes. */
	clear() {
		this.local = new Map(); /* by the slot's id: see of() */
		this.change(fresh());
	}

	/* What only this page knows of a slot: `doing` { what, since, cancel } or
	 * null, `answer` { tone, text, next, error of an insert } or null, `boot` (view/boot.js) or null,
	 * `history` of what the host has read [{ at, read, rate }]. */
	of(id) {
		if (!this.local.has(id))
			this.local.set(id, { doing: null, answer: null, boot: null,
				history: [] });
		return this.local.get(id);
	}

	/* Change that. */
	mark(id, more) {
		Object.assign(this.of(id), more);
		this.change();
	}

	/* A slot as it is now. */
	setSlot(slot, at = Date.now()) {
		const index = this.slots.findIndex(({ id }) => id === slot.id);
		const slots = [...this.slots];
		slots[index < 0 ? slots.length : index] = slot;
		this.sample(slot, at);
		this.change({ slots });
	}

	/* Set the slot's rate by what the host has read since the last sample; the
	 * server's own rate is that of its source, and counts only at first. */
	sample(slot, at) {
		const { history } = this.of(slot.id);
		const last = history.at(-1);
		if (!slot.inserted || slot.read < last?.read)
			history.length = 0;
		if (!slot.inserted)
			return;
		if (last && at - last.at < CLOSE) {
			slot.rate = last.rate;
			return;
		}
		if (last && slot.read >= last.read)
			slot.rate = (slot.read - last.read) / (at - last.at) * 1000;
		history.push({ at, read: slot.read, rate: slot.rate });
		history.splice(0, history.length - HISTORY);
	}

	/* Has the user this privilege? If the server has not said, it will say. */
	may(privilege) {
		return !this.user?.may || this.user.may.has(privilege);
	}
}
