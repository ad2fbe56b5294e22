/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The form of an empty slot: an image by its address. Runs in the page.
 */

import { askedFor, bootTarget, restartOf } from '../model.js';
import { forgetRecent, recent } from '../recent.js';
import { stamp, write } from '../ui/dom.js';
import { MOUNT } from '../words/en.js';

export class MountForm {
	/* `act` has insert, bootFrom, cancel, file and use (another slot). */
	constructor(slot, act) {
		const { root, parts } = stamp('mount-form');
		Object.assign(this, { root, parts, slot, act, shown: null });
		parts.write.hidden = slot.type === 'cd';
		root.addEventListener('submit', (event) => {
			event.preventDefault();
			this.send((form) => act.insert(this.slot, form));
		});
		parts.boot.addEventListener('click', () =>
			this.send((form) => act.bootFrom(this.slot, form)));
		parts.serve.addEventListener('click', () => act.file(this.slot));
		parts.cancel.addEventListener('click', () => act.cancel(this.slot));
		parts.url.addEventListener('input', () => this.edited());
		this.showRecent();
	}

	values() {
		const { url, user, password, writable, policy, unverified, pem } = this.parts;
		return { image: url.value.trim(), user: user.value.trim(),
			password: password.value, writable: writable.checked,
			policy: policy.value, unverified: unverified.checked,
			pem: pem.value.trim() };
	}

	fill(image) {
		this.parts.url.value = image;
		this.parts.url.focus();
		this.edited();
	}

	/* Put an image of the store into the form, and send the form: with its
	 * time to eject, but without what was typed for another server. */
	async sendStored(image, writable, work) {
		const { user, password, pem, unverified } = this.parts;
		user.value = password.value = pem.value = '';
		unverified.checked = !this.slot.verifies;
		this.parts.writable.checked = writable;
		this.fill(image);
		await this.send(work);
	}

	/* Once there is an address, make Insert the main button. */
	edited() {
		this.setFault('');
		this.parts.insert.classList.toggle('main', this.parts.url.value !== '');
	}

	async send(work) {
		const form = this.values();
		if (!form.image) {
			this.setFault(MOUNT.empty);
			this.parts.url.focus();
			return;
		}
		this.setFault('');
		await work(form);
	}

	setFault(text, next = '', more = []) {
		const { fault, url } = this.parts;
		const shown = [text, next, ...more.map(({ textContent }) => textContent)].join();
		url.setAttribute('aria-invalid', Boolean(text));
		if (this.shown === shown)
			return;
		this.shown = shown;
		fault.replaceChildren(...[text, next].filter(Boolean).map((line, i) => {
			const paragraph = document.createElement('p');
			paragraph.className = i > 0 ? 'next' : '';
			paragraph.textContent = line;
			return paragraph;
		}), ...more);
	}

	/* Show an error of the server beside the field that it is about,
	 * unfolded. */
	showError({ text, next, error }, store) {
		const { options, user, trust, pem } = this.parts;
		const { user: name, image } = this.values();
		if (this.error === error)
			return;
		this.error = error;
		const about = askedFor(error);
		const other = otherSlot(error, store, this.slot);
		this.setFault(text, next, other ?
			[this.button(MOUNT.useSlot(other.number), () =>
				this.act.use(other, image))] : []);
		if (about === 'certificate') {
			trust.open = true;
			pem.focus();
		} else if (about === 'credentials') {
			options.open = true;
			(name ? this.parts.password : user).focus();
		}
	}

	button(text, click) {
		const button = document.createElement('button');
		button.type = 'button';
		button.className = 'small';
		button.textContent = text;
		button.addEventListener('click', click);
		return button;
	}

	showRecent() {
		const list = recent();
		const { recent: place, url } = this.parts;
		const heading = document.createElement('p');
		heading.textContent = MOUNT.recent;
		place.hidden = list.length === 0;
		place.replaceChildren(heading, ...list.map((image) => {
			const one = this.button(image, () => {
				this.fill(image);
			});
			one.className = 'link';
			return one;
		}), this.button(MOUNT.forget, () => {
			forgetRecent();
			this.showRecent();
			url.focus();
		}));
	}

	/* `local` is what only this page knows about the slot (store.of()). */
	update(slot, local, store) {
		const { parts } = this;
		this.slot = slot;
		const may = store.may('ConfigureManager');
		const busy = Boolean(local.doing);
		const { system } = store;
		for (const field of this.root.elements)
			if (field !== parts.cancel)
				field.disabled = !may || busy;
		parts.cancel.hidden = local.doing?.what !== 'insert';
		parts.insert.hidden = parts.serve.hidden = busy;
		parts.boot.hidden = busy || !system || !restartOf(system) ||
			!bootTarget(slot, system.boot.targets) ||
			!store.may('ConfigureComponents');
		write(parts.certificates, slot.verifies ? MOUNT.verified :
			MOUNT.unverified);
		if (local.answer?.error)
			this.showError(local.answer, store);
		if (!this.prefilled)
			parts.unverified.checked = !slot.verifies;
		this.prefilled = true;
	}

	/* After an insert, forget the password and the other values. */
	clear() {
		const { url, user, password, pem } = this.parts;
		url.value = user.value = password.value = pem.value = '';
		this.edited();
		this.error = null;
		this.prefilled = false;
		this.showRecent();
	}
}

/* The empty slot that the server names if the image needs another drive. */
function otherSlot({ message, next }, { slots }, slot) {
	const [, named] = /Slot_(\d+)/i.exec(`${next} ${message}`.replaceAll(slot.id,
		'')) ?? [];
	return named && slots.find(({ number, inserted }) =>
		number === Number(named) && number !== slot.number && !inserted);
}
