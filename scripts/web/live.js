/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Keeps the store up to date: by events as they come, and by polls for what no
 * event tells (rates, the host's power), or for everything if there are no
 * events. It does not poll while the page is hidden. Runs in the page.
 */

import { slotOf, systemOf } from './model.js';
import { readEvents } from './sse.js';

const TICK = 2000; /* ms between polls of slots that are in use */
const SLOW = 5; /* ticks between polls of the host, and of empty slots */
const PAUSES = [500, 1000, 2000, 5000]; /* ms before requesting events again */
const REFUSED = 30000; /* ms if the server has no events to give */

export class Live {
	/* told(event) gets { id, ours, text, slot, at } of each event; `ours`
	 * is set if it says what has happened to a slot, and not only that the
	 * slot has changed. */
	constructor(api, store, told) {
		Object.assign(this, { api, store, told });
		this.running = null; /* an AbortController */
		this.ticks = 0;
		this.attempts = 0;
		document.addEventListener('visibilitychange', () =>
			document.hidden || this.poll(true));
	}

	/* Load everything, and keep it up to date. Throws if it can't be
	 * loaded. */
	async start() {
		this.stop();
		const running = new AbortController();
		this.running = running;
		await this.load();
		if (this.running !== running)
			return;
		this.timer = setInterval(() => this.poll(), TICK);
		this.listen(running);
	}

	stop() {
		this.running?.abort();
		this.running = null;
		clearInterval(this.timer);
	}

	async load() {
		const { api, store } = this;
		const { root } = api;
		const systems = await api.get(root.Systems['@odata.id']);
		this.system = systems.Members[0]['@odata.id'];
		const system = systemOf(await api.get(this.system));
		store.change({ system });
		const media = await api.get(system.media);
		for (const member of media.Members)
			await this.refresh(member['@odata.id']);
	}

	/* Request one slot. Ignore an answer that comes after the end of the
	 * session. */
	async refresh(uri) {
		const { running } = this;
		const slot = slotOf(await this.api.get(uri));
		if (this.running === running)
			this.store.setSlot(slot);
	}

	async refreshSystem() {
		const { running } = this;
		const system = systemOf(await this.api.get(this.system));
		if (this.running === running)
			this.store.change({ system });
	}

	/* --- polls ------------------------------------------------------------- */

	/* Request what may have changed without an event, or everything if
	 * `all`. */
	async poll(all = false) {
		const { running } = this;
		if (!running || this.polling || (document.hidden && !all))
			return;
		this.polling = true;
		const slow = all || this.ticks++ % SLOW === 0;
		const events = this.store.link === 'events';
		try {
			for (const slot of this.store.slots)
				if (slow || !events || slot.state !== 'empty')
					await this.refresh(slot.uri);
			if (slow)
				await this.refreshSystem();
			if (this.store.link === 'lost' && this.running === running)
				this.store.change({ link: 'polling' });
		} catch (error) {
			this.failed(error, running);
		}
		this.polling = false;
	}

	/* The server can't be reached, or only its web server answers. */
	failed({ status }, running) {
		if (this.running === running && status !== 401 && status !== 404)
			this.store.change({ link: 'lost' });
	}

	/* --- events ------------------------------------------------------------ */

	async listen(running) {
		const uri = await this.eventsUri();
		while (this.running === running) {
			let pause = REFUSED;
			try {
				const response = uri && await this.api.send('GET', uri,
					{ signal: running.signal, accept: 'text/event-stream' });
				if (response?.ok) {
					await this.follow(response, running);
					pause = this.pause();
				} else {
					this.without(running);
				}
			} catch {
				pause = this.pause();
			}
			if (this.running === running)
				await new Promise((done) => setTimeout(done, pause));
		}
	}

	async eventsUri() {
		const service = this.api.root.EventService?.['@odata.id'];
		const found = service && await this.api.get(service).catch(() => null);
		return found?.ServerSentEventUri ?? '';
	}

	pause() {
		this.without();
		return PAUSES[Math.min(this.attempts++, PAUSES.length - 1)];
	}

	/* There are no events now; the next poll shows whether the server
	 * answers. */
	without() {
		if (this.running && this.store.link !== 'lost')
			this.store.change({ link: 'polling' });
		this.poll(true);
	}

	async follow(response, running) {
		this.store.change({ link: 'events' });
		this.poll(true); /* what has happened meanwhile */
		await readEvents(response, (event) => {
			if (this.running === running)
				this.heard(event);
		}, () => {
			this.attempts = 0;
		});
	}

	heard({ data }) {
		let events = [];
		try {
			events = JSON.parse(data).Events ?? [];
		} catch {
			return; /* not an event of Redfish */
		}
		for (const event of events) {
			const origin = event.OriginOfCondition?.['@odata.id'] ?? '';
			const slot = this.store.slots.find(({ id }) =>
				origin.endsWith(`/${id}`));
			const id = event.MessageId ?? '';
			this.told({ id: id.replace(/.*\./, ''), ours: /^Vmedia\./.test(id),
				text: event.Message ?? '', slot,
				at: Date.parse(event.EventTimestamp) || Date.now() });
			const asked = slot ? this.refresh(slot.uri) : this.refreshSystem();
			asked.catch((error) => this.failed(error, this.running));
		}
	}
}
