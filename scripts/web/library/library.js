/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The images of the store, and the uploads of this page: keeps the list of the
 * server in store.images up to date, and does what the user asks. Runs in the page.
 */

import { ask } from '../ui/dialog.js';
import { note } from '../ui/log.js';
import { LIBRARY } from '../words/en.js';
import { Upload } from './upload.js';

const TICK = 2000; /* ms between two checks of what may have changed */
const PAUSE = 10000; /* ms until a request for the list without a reason */
const LONG = 60000; /* ... while the server says that it has no store */
/* A list is work for a small machine: let it take only this part of the time,
 * with a reason or without. */
const PART = 4, SMALL_PART = 20;
const REMIND = 3; /* lists in which a complete upload is not being checked */

/* Is it being fetched? A fetch that has ended has a time when it is deleted. */
const isFetched = ({ origin, state, expires }) => origin === 'fetch' &&
	state === 'incoming' && expires === null;

export class Library {
	constructor(server, store) {
		Object.assign(this, { server, store });
		this.uploads = []; /* of this page */
		this.listed = { at: -Infinity, took: 0 }; /* the last list; ms */
		this.seen = ''; /* what was in the slots at the last list */
		this.answer = { tone: null, text: '' }; /* how the last action ended */
		document.addEventListener('visibilitychange', () => this.tick());
		addEventListener('online', () => this.hurry());
		addEventListener('beforeunload', (event) => {
			if (this.isBusy)
				event.preventDefault();
		});
	}

	/* Is an upload being sent, or waiting to be? */
	get isBusy() {
		return this.uploads.some((one) => one.isActive);
	}

	/* --- the list ---------------------------------------------------------- */

	/* A user has signed in. */
	async start() {
		this.stop();
		this.timer = setInterval(() => this.tick(), TICK);
		await this.refresh();
		this.hurry();
	}

	stop() {
		clearInterval(this.timer);
		this.timer = null;
	}

	/* The user has signed out: nobody else continues these uploads. */
	leave() {
		this.stop();
		for (const upload of this.uploads)
			upload.leave();
		this.uploads = [];
		this.answer = { tone: null, text: '' };
	}

	hurry() {
		for (const upload of this.uploads)
			upload.hurry();
	}

	async tick() {
		const { at, took } = this.listed;
		const awaits = this.uploads.some(({ state }) => state === 'sent') ||
			this.store.images?.some((image) => image.state === 'checking' ||
				isFetched(image));
		const pause = awaits || this.seen !== this.inSlots() ? PART * took :
			Math.max(this.store.images ? PAUSE : LONG, SMALL_PART * took);
		if (this.timer !== null && !document.hidden &&
		    performance.now() - at >= pause)
			await this.refresh();
	}

	inSlots() {
		return this.store.slots.map(({ image, inserted }) =>
			`${inserted} ${image}`).join();
	}

	/* Request the list. Without a store, there is none; if the server does
	 * not answer now, keep the old one. */
	async refresh() {
		const { api } = this.server;
		const { token } = api;
		const slots = this.inSlots();
		const began = performance.now();
		let images;
		try {
			images = await this.server.list();
			this.seen = slots;
		} catch ({ status }) {
			if (status === 0 || status >= 500)
				return;
			images = null;
			this.stop();
		} finally {
			const at = performance.now();
			this.listed = { at, took: at - began };
		}
		if (token !== api.token)
			return; /* the list is another user's */
		this.settle(images ?? []);
		this.store.change({ images });
	}

	/* Find out what became of the uploads that the store has completely. */
	settle(images) {
		for (const upload of this.uploads) {
			const found = images.find(({ id }) => id === upload.id);
			if (found?.state === 'ready') {
				upload.end();
				this.answer = { tone: 'good', text: LIBRARY.stored(upload.name) };
				note(LIBRARY.stored(upload.name));
			} else if (upload.state === 'sent' && found?.error) {
				upload.end(new Error(found.error));
			} else if (upload.state === 'sent' && found) {
				this.remind(upload, found);
			}
		}
		this.uploads = this.uploads.filter(({ state }) =>
			!['done', 'cancelled'].includes(state));
	}

	/* A check that was ended, for example by a restart, leaves a complete
	 * upload: a request for its offset makes the store check it again. */
	remind(upload, { state }) {
		upload.waits = state === 'checking' ? 0 : (upload.waits ?? 0) + 1;
		if (upload.waits > 0 && upload.waits % REMIND === 0)
			this.server.offset(upload.path).catch(() => {}); /* next time */
	}

	/* --- what the user does ------------------------------------------------ */

	/* Upload { file, name, sha256, path } (upload.js). */
	upload(what) {
		const upload = new Upload(this.server, what, (...of) => this.changed(...of));
		this.uploads.push(upload);
		this.setAnswer(null);
		const run = () => upload.run();
		/* A browser does not suspend a tab that holds a lock. */
		if (navigator.locks)
			navigator.locks.request(`vmedia-upload-${what.name}-${Date.now()}`, run);
		else
			run();
	}

	again(upload) {
		this.uploads = this.uploads.filter((one) => one !== upload);
		const { file, name, sha256, path, isGone } = upload;
		this.upload({ file, name, sha256, path: isGone ? '' : path });
	}

	changed(upload, isNewState) {
		if (isNewState && upload.state === 'failed')
			note(LIBRARY.failedLog(upload));
		this.store.change();
		/* Its record is new, complete, or gone. */
		if (isNewState && ['sending', 'sent', 'failed'].includes(upload.state))
			this.refresh();
	}

	async cancel(upload) {
		if (upload.path && !await ask({ title: LIBRARY.cancelTitle(upload.name),
			text: LIBRARY.cancelText, yes: LIBRARY.cancelYes, danger: true }))
			return;
		await upload.cancel();
		await this.refresh();
	}

	/* Remove an image or an unfinished upload in the server's list. */
	async remove(image) {
		if (image.slots.length > 0) {
			this.setAnswer('bad', LIBRARY.inUse(image.name, image.slots));
			return;
		}
		if (!await ask({ title: LIBRARY.removeTitle(image.name),
			text: LIBRARY.removeText(image), yes: LIBRARY.remove, danger: true }))
			return;
		try {
			await this.server.removeId(image.id);
			this.setAnswer('idle', LIBRARY.removed(image.name));
		} catch (error) {
			this.setAnswer('bad', LIBRARY.notRemoved(image.name, error.message));
		}
		await this.refresh();
	}

	/* Let the machine fetch { url, name, sha256 }. Returns whether it has begun. */
	async fetch(wish) {
		this.setAnswer('busy', LIBRARY.asking);
		try {
			await this.server.fetch(wish);
			this.setAnswer('idle', LIBRARY.fetching);
			await this.refresh();
			return true;
		} catch (error) {
			this.setAnswer('bad', LIBRARY.notFetched(error.message));
			return false;
		}
	}

	setAnswer(tone, text = '') {
		this.answer = { tone, text };
		this.store.change();
	}
}
