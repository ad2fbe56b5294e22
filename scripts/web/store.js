/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the page knows about the machine: one object, of which nothing else
 * keeps a copy. It tells the views when it changes. Runs anywhere.
 */

const HISTORY = 150; /* samples of a slot's rate */
const CLOSE = 500; /* ms: closer samples give no rate */

const fresh = () => ({
	user: null, /* { name, role, may: Set of privileges; null: unknown } */
	machine: '', /* its name */
	system: null, /* systemOf() of model.js */
	slots: [], /* slotOf() of model.js, in order */
	images: null, /* as of `vmctl image ls -j`; null: no image store */
	link: 'none', /* how changes arrive: none, events, polling or lost */
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

	/* Forget everything, because another user may sign in. */
	clear() {
		this.local = new Map(); /* by the slot's id: see of() */
		this.change(fresh());
	}

	/* What only this page knows about a slot: `doing` { what, since, cancel
	 * } or null, `answer` { tone, text, next, error of an insert } or null,
	 * `boot` (bootFrom() of actions.js) or null, and `history` of what the
	 * host has read [{ at, read, rate }]. */
	of(id) {
		if (!this.local.has(id))
			this.local.set(id, { doing: null, answer: null, boot: null,
				history: [] });
		return this.local.get(id);
	}

	/* Change what only this page knows about a slot. */
	mark(id, more) {
		Object.assign(this.of(id), more);
		this.change();
	}

	/* Set a slot, as it is now. */
	setSlot(slot, at = Date.now()) {
		const index = this.slots.findIndex(({ id }) => id === slot.id);
		const slots = [...this.slots];
		slots[index < 0 ? slots.length : index] = slot;
		this.sample(slot, at);
		this.change({ slots });
	}

	/* Set the slot's rate by what the host has read since the last sample;
	 * the server's own rate is that of its source, and is used only at
	 * first. */
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

	/* Does the user have this privilege? If this is not known, the server
	 * will tell. */
	may(privilege) {
		return !this.user?.may || this.user.may.has(privilege);
	}
}
