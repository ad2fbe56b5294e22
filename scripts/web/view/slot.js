/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The card of a slot: its image, what the host does with it, and what the user
 * can do. Runs in the page.
 */

import { bootTarget, restartOf, withoutSecrets } from '../model.js';
import { Curve } from '../ui/curve.js';
import { stamp, write } from '../ui/dom.js';
import { Map64, shareOf } from '../ui/map.js';
import { duration, size } from '../words/format.js';
import { SLOT, slotWords } from '../words/en.js';
import { MountForm } from './mount.js';

/* What can be done with a slot: [name, label, the privilege that it needs]. */
const BUTTONS = [
	['show', SLOT.show, ''],
	['boot', SLOT.boot, 'ConfigureComponents'],
	['undo', SLOT.undo, 'ConfigureComponents'],
	['renew', SLOT.renew, 'ConfigureManager'],
	['eject', SLOT.eject, 'ConfigureManager'],
];

export class SlotCard {
	/* `act` has a function for each of BUTTONS, and those of MountForm. */
	constructor(slot, act) {
		const { root, parts } = stamp('slot-card');
		Object.assign(this, { root, parts, slot, act, buttons: {} });
		root.id = slot.id;
		for (const [name, label, privilege] of BUTTONS) {
			const button = document.createElement('button');
			button.type = 'button';
			button.textContent = label;
			button.dataset.act = name;
			button.dataset.privilege = privilege;
			button.addEventListener('click', () => act[name](this.slot));
			this.buttons[name] = button;
		}
		parts.actions.append(...Object.values(this.buttons));
		this.form = new MountForm(slot, act);
		parts.empty.append(this.form.root);
		this.curve = new Curve(parts.curve);
		this.map = new Map64(parts.map);
		this.numbers = {};
		for (const name of Object.keys(SLOT.numbers)) {
			const box = document.createElement('div');
			const term = document.createElement('dt');
			term.textContent = SLOT.numbers[name];
			this.numbers[name] = document.createElement('dd');
			box.append(term, this.numbers[name]);
			parts.numbers.append(box);
		}
	}

	/* `serving` tells whether this page serves to the slot. */
	update(slot, store, serving) {
		const local = store.of(slot.id);
		const { parts } = this;
		const wasEmpty = this.isEmpty;
		/* While this page inserts an image, keep the form, with
		 * Cancel. */
		this.isEmpty = local.doing?.what === 'insert' ||
			(['empty', 'failed'].includes(slot.state) && !slot.inserted);
		if (!this.isEmpty && wasEmpty && slot.inserted)
			this.form.clear();
		if (this.isEmpty && !wasEmpty)
			this.form.showRecent();
		this.slot = slot;
		this.showState(slot, local, serving);
		this.showAnswer(local);
		this.showSteps(slot, store, local);
		parts.figures.hidden = !slot.inserted;
		if (slot.inserted)
			this.showFigures(slot, local);
		this.showButtons(slot, store, local, serving);
		parts.empty.hidden = !this.isEmpty || serving;
		if (this.isEmpty)
			this.form.update(slot, local, store);
		this.keepFocus();
	}

	showState(slot, local, serving) {
		const { parts, root } = this;
		const { tone, title, detail } = slotWords(slot, local.doing, serving);
		root.dataset.tone = tone;
		write(parts.kind, SLOT.kind(slot.number, slot.type));
		write(parts.title, title);
		write(parts.detail, detail);
		parts.image.hidden = !slot.inserted && slot.state !== 'activating';
		write(parts.image, slot.name || slot.label || withoutSecrets(slot.image));
	}

	/* The form shows the errors of an insert beside its field. */
	showAnswer({ answer }) {
		const { parts } = this;
		const beside = answer?.error && this.isEmpty;
		write(parts.answer, answer && !beside ?
			`${answer.text} ${answer.next}`.trim() : '');
		parts.answer.dataset.tone = answer?.tone ?? '';
	}

	/* How far a boot from this slot has come. */
	showSteps(slot, store, { boot }) {
		const { steps } = this.parts;
		steps.hidden = !boot;
		const done = boot ? [slot.inserted, boot.set, boot.reset, boot.on, boot.read] :
			[];
		const now = done.indexOf(false);
		const lines = boot?.read ? [[SLOT.booted, 'done']] : done.map((is, i) =>
			[SLOT.steps[i], is ? 'done' : i === now ? 'now' : 'wait']);
		const shown = JSON.stringify(lines);
		if (this.steps === shown)
			return;
		this.steps = shown;
		steps.replaceChildren(...lines.map(([text, state]) => {
			const item = document.createElement('li');
			const spoken = document.createElement('span');
			spoken.className = 'unseen';
			spoken.textContent = ` (${SLOT.stepStates[state]})`;
			item.dataset.state = state;
			item.append(text, spoken);
			return item;
		}));
	}

	showFigures(slot, { history }) {
		const { numbers } = this;
		write(numbers.read, size(slot.read));
		write(numbers.rate, slot.rate > 0 ? `${size(slot.rate)}/s` : '–');
		write(numbers.since, slot.insertedAt ?
			duration(Date.now() - Date.parse(slot.insertedAt)) : '–');
		numbers.written.parentNode.hidden = slot.written === 0;
		write(numbers.written, size(slot.written));
		this.curve.draw(history, SLOT.curve(slot.rate, history));
		const share = shareOf(slot.map);
		this.parts.map.hidden = !slot.map;
		this.map.draw(slot.map, SLOT.map(share));
		write(this.parts.share, SLOT.share(share, size(slot.bytes)));
	}

	showButtons(slot, store, local, serving) {
		const { system } = store;
		const shown = {
			show: serving,
			boot: slot.inserted && !local.boot && system && restartOf(system) &&
				bootTarget(slot, system.boot.targets),
			undo: local.boot && !local.boot.read,
			renew: slot.inserted && !slot.served && /^https?:/.test(slot.image) &&
				(slot.image.includes('?') || slot.state === 'degraded'),
			eject: !this.isEmpty,
		};
		for (const [name, button] of Object.entries(this.buttons)) {
			const may = !button.dataset.privilege ||
				store.may(button.dataset.privilege);
			button.hidden = !shown[name];
			button.disabled = !may || (Boolean(local.doing) &&
				button.dataset.act !== 'show');
			if (may)
				button.removeAttribute('aria-describedby');
			else
				button.setAttribute('aria-describedby', 'limited');
		}
	}

	/* If the element with the focus was hidden or disabled, move the focus
	 * to the next possible action, as soon as there is one. */
	keepFocus() {
		if (this.root.contains(document.activeElement)) {
			this.hadFocus = true;
			return;
		}
		if (!this.hadFocus)
			return;
		this.hadFocus = document.activeElement === document.body;
		const next = this.isEmpty ? this.form.parts.url :
			Object.values(this.buttons).find((button) =>
				!button.hidden && !button.disabled);
		if (this.hadFocus && next && !next.disabled)
			next.focus();
	}
}
