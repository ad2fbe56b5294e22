/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The user's actions on the machine: each one notes in the store that it is
 * under way, and how it ended. Runs in the page.
 */

import { Refused } from './api.js';
import { askedFor, bootTarget, isSameImage, protocolOf, restartOf } from './model.js';
import { ask } from './ui/dialog.js';
import { note } from './ui/log.js';
import { ACTIONS, mountFault } from './words/en.js';

export class Actions {
	/* remember(image) is called with an image that was inserted. */
	constructor(api, store, live, remember) {
		Object.assign(this, { api, store, live, remember });
		this.trusted = new Map(); /* the last certificate of each slot's id */
	}

	/* Do `work` with the slot, and show how it ends. Returns whether it
	 * succeeded. */
	async during(slot, what, work) {
		if (this.store.of(slot.id).doing)
			return false;
		const stop = new AbortController();
		this.store.mark(slot.id, { answer: null, doing: { what,
			since: Date.now(), cancel: () => stop.abort() } });
		let error = null;
		try {
			await work(stop.signal);
			await this.live.refresh(slot.uri);
		} catch (caught) {
			error = caught;
		}
		this.store.mark(slot.id, { doing: null,
			answer: error && this.answerOf(error, slot, what) });
		return !error;
	}

	answerOf(error, slot, what) {
		if (error.name === 'AbortError')
			return { tone: 'idle', text: ACTIONS.cancelled, next: '' };
		if (!(error instanceof Refused))
			throw error;
		const { text, next } = what === 'insert' ?
			mountFault(error, askedFor(error)) :
			{ text: error.message, next: error.next };
		note(ACTIONS.failed(slot.number, text));
		return { tone: 'bad', text, next, error: what === 'insert' ? error : null };
	}

	/* --- slots ------------------------------------------------------------- */

	/* Insert what the form says: { image, user, password, writable, policy,
	 * unverified, pem }; an abort ejects the image, even if it is not
	 * complete. */
	async insert(slot, form) {
		const done = await this.during(slot, 'insert', async (signal) => {
			await this.prepare(slot, form);
			const stopped = () => this.api.post(slot.eject).catch(() => {});
			signal.addEventListener('abort', stopped);
			await this.api.post(slot.insert, insertion(form), { signal });
			signal.removeEventListener('abort', stopped);
		});
		if (done)
			this.remember(form.image);
		return done;
	}

	/* Set what InsertMedia has no parameters for. */
	async prepare(slot, { policy, unverified, pem }) {
		if (pem && this.trusted.get(slot.id) !== pem) {
			await this.api.post(slot.certificates,
				{ CertificateString: pem, CertificateType: 'PEM' });
			this.trusted.set(slot.id, pem);
		}
		const wanted = {};
		if (unverified === slot.verifies)
			wanted.VerifyCertificate = !unverified;
		if (/^PT/.test(policy))
			Object.assign(wanted, { EjectPolicy: 'Timed', EjectTimeout: policy });
		else if (policy !== slot.policy)
			wanted.EjectPolicy = policy;
		if (Object.keys(wanted).length > 0)
			await this.api.patch(slot.uri, wanted);
	}

	async eject(slot) {
		if (slot.rate > 0 && !await ask({ title: ACTIONS.ejectTitle(slot.number),
			text: ACTIONS.ejectText, yes: ACTIONS.eject, danger: true }))
			return;
		this.store.mark(slot.id, { boot: null });
		this.trusted.delete(slot.id);
		await this.during(slot, 'eject', () => this.api.post(slot.eject));
	}

	/* Give the slot a link with a new signature for its image. */
	async renew(slot) {
		const image = await ask({ title: ACTIONS.renewTitle, text: ACTIONS.renewText,
			yes: ACTIONS.renew, field: { label: ACTIONS.renewLabel, value: '' } });
		if (!image)
			return;
		if (!isSameImage(image, slot.image)) {
			this.store.mark(slot.id, { answer: { tone: 'bad',
				text: ACTIONS.otherImage, next: ACTIONS.otherImageNext } });
			return;
		}
		if (await this.during(slot, 'renew', () =>
			this.api.patch(slot.uri, { Image: image })))
			this.store.mark(slot.id, { answer: { tone: 'good',
				text: ACTIONS.renewed, next: '' } });
	}

	/* --- boot -------------------------------------------------------------- */

	/* Insert, if there is a form; then boot from the slot once, and restart the
	 * host. Asks first. */
	async bootFrom(slot, form = null) {
		const { store } = this;
		const { system } = store;
		const restart = restartOf(system);
		if (!await ask({ title: ACTIONS.bootTitle(store.machine, system.power),
			text: ACTIONS.bootText(slot.number, system.power),
			yes: ACTIONS.boot(system.power), danger: system.power !== 'Off' }))
			return;
		if (form && !await this.insert(slot, form))
			return;
		await this.during(slot, 'boot', async () => {
			await this.setBoot(bootTarget(slot, system.boot.targets), 'Once');
			const { read } = store.slots.find(({ id }) => id === slot.id);
			store.mark(slot.id, { boot: { set: true, reset: false, on: false,
				read: false, before: read } });
			await this.api.post(system.reset, { ResetType: restart });
			store.mark(slot.id, { boot: { ...store.of(slot.id).boot,
				reset: true } });
			note(ACTIONS.bootLog(slot.number));
		});
		await this.live.refreshSystem().catch(() => {});
	}

	/* Note how far the boot has come; called at each change. */
	followBoot() {
		const { store } = this;
		for (const slot of store.slots) {
			const { boot } = store.of(slot.id);
			if (!boot?.reset || boot.read)
				continue;
			boot.on ||= store.system?.power === 'On';
			boot.read = boot.on && slot.read > boot.before;
		}
	}

	async undoBoot(slot) {
		if (await this.during(slot, 'undo', () => this.setBoot('None', 'Disabled')))
			this.store.mark(slot.id, { boot: null, answer: { tone: 'idle',
				text: ACTIONS.undone, next: '' } });
		await this.live.refreshSystem().catch(() => {});
	}

	setBoot(target, enabled) {
		return this.api.patch(this.store.system.uri, { Boot: {
			BootSourceOverrideTarget: target,
			BootSourceOverrideEnabled: enabled } });
	}

	/* --- the host ---------------------------------------------------------- */

	/* Switch the host's power. Returns an answer for the user. */
	async reset(type) {
		const { system, machine } = this.store;
		const words = ACTIONS.resets[type] ?? { name: type, text: '' };
		if (type !== 'On' && !await ask({ title: ACTIONS.resetTitle(words.name,
			machine), text: words.text, yes: words.name, danger: true }))
			return null;
		return this.answered(async () => {
			await this.api.post(system.reset, { ResetType: type });
			note(ACTIONS.resetLog(words.name));
		});
	}

	/* Choose what the host boots next. */
	chooseBoot(target) {
		return this.answered(() => this.setBoot(target,
			target === 'None' ? 'Disabled' : 'Once'));
	}

	async answered(work) {
		try {
			await work();
			await this.live.refreshSystem();
			return null;
		} catch (error) {
			return { tone: 'bad', text: error.message, next: error.next ?? '' };
		}
	}
}

/* The body of InsertMedia. */
function insertion({ image, user, password, writable }) {
	const body = { Image: image, WriteProtected: !writable };
	if (user)
		Object.assign(body, { UserName: user, Password: password });
	const protocol = protocolOf(image);
	if (protocol)
		body.TransferProtocolType = protocol;
	return body;
}
