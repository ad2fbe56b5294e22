/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * One upload: it is announced, sent, and continued after each lost connection,
 * until the store has everything. Runs in the page.
 */

import { forget, keep } from './kept.js';

const PAUSES = [500, 1000, 2000, 5000, 10000, 30000]; /* ms until the next try */
const SAMPLES = 20; /* the rate is the mean of this many */
const BRIEF = 250; /* ms between two samples */

/* Statuses after which another try may work. 409: the offset was wrong. 423:
 * the server has not noticed yet that the last connection is gone. */
const mayPass = (status) => status === 0 || status >= 500 ||
	[408, 409, 423, 429].includes(status);
const isGone = (status) => [404, 410].includes(status);

export class Upload {
	/* `path` is that of an upload to continue, or ''. changed(this,
	 * isNewState) is called at each change of `state` and `why`, or of
	 * `sent` and `rate`. */
	constructor(server, { file, name, sha256 = '', path = '' }, changed) {
		Object.assign(this, { server, file, name, sha256, path, changed });
		/* starting, sending, waiting, signIn, sent, done, failed, cancelled */
		this.state = 'starting';
		this.offset = path ? null : 0; /* null: ask the server */
		this.sent = this.arrived = 0; /* bytes, ours and the server's */
		this.rate = 0; /* bytes a second */
		this.why = null; /* the error of waiting or failed */
		this.tries = 0;
		this.stop = new AbortController();
		this.wake = () => {};
	}

	get id() {
		return this.path.replace(/.*\//, '');
	}

	/* Does this page still have something to do for it? */
	get isActive() {
		return ['starting', 'sending', 'waiting', 'signIn'].includes(this.state);
	}

	set(state, why = null) {
		Object.assign(this, { state, why });
		this.changed(this, true);
	}

	/* Resolves when the page can do no more. end(), leave() and cancel()
	 * may be called meanwhile. */
	async run() {
		while (this.isActive) {
			try {
				await this.advance();
			} catch (error) {
				if (this.isActive)
					await this.recover(error);
			}
		}
	}

	async advance() {
		const { server, file } = this;
		if (!this.path) {
			this.path = await server.create({ size: file.size, name: this.name,
				sha256: this.sha256 });
			keep(file, this.path, this.name);
			if (!this.isActive) {
				await this.discard();
				return;
			}
		}
		this.offset ??= await server.offset(this.path);
		if (!this.isActive)
			return;
		const from = this.offset;
		this.begin(from);
		if (from < file.size) {
			this.offset = null; /* until the server tells it */
			this.offset = await server.send(this.path, file.slice(from), from,
				{ progress: (bytes) => this.progress(from + bytes),
					signal: this.stop.signal });
		}
		/* The list may have shown it as an image before this answer
		 * came. */
		if (this.isActive && this.offset >= file.size) {
			this.sent = file.size;
			this.set('sent');
		}
	}

	/* If the last try has sent something, the next pause is short. */
	begin(from) {
		if (from > this.arrived)
			this.tries = 0;
		this.arrived = this.sent = from;
		this.rate = 0;
		this.samples = [{ at: performance.now(), sent: from }];
		this.set('sending');
	}

	progress(sent) {
		const { samples } = this;
		const at = performance.now();
		this.sent = sent;
		if (at - samples.at(-1).at < BRIEF)
			return;
		samples.push({ at, sent });
		if (samples.length > SAMPLES)
			samples.shift();
		this.rate = (sent - samples[0].sent) / (at - samples[0].at) * 1000;
		this.changed(this, false);
	}

	/* After an error: wait, and try again; or give up. */
	async recover(error) {
		const { status } = error;
		this.rate = 0;
		if (status === undefined || !await this.isReadable()) {
			this.set('failed', status === undefined ? error : null);
			return;
		}
		if (status === 401) {
			this.set('signIn');
			await new Promise((done) => {
				this.wake = done;
			});
			return;
		}
		/* An upload that was not announced cannot be continued. */
		if (!this.path || !mayPass(status)) {
			if (this.path && isGone(status)) {
				this.isGone = true;
				forget(this.path);
			}
			this.set('failed', error);
			return;
		}
		this.offset = null;
		this.set('waiting', error);
		await new Promise((done) => {
			this.wake = done;
			setTimeout(done, PAUSES[Math.min(this.tries++, PAUSES.length - 1)]);
		});
	}

	/* A browser does not tell a page why a request failed; one reason is
	 * that the file has changed. */
	async isReadable() {
		try {
			await this.file.slice(0, 1).arrayBuffer();
			return true;
		} catch {
			return false;
		}
	}

	/* The network, or the login, is back. */
	hurry() {
		this.tries = 0;
		this.wake();
	}

	/* The store has ended it: with a reason, or as an image. */
	end(why = null) {
		this.isOver = true;
		forget(this.path);
		this.set(why ? 'failed' : 'done', why);
	}

	/* Leave it as it is, for a user who chooses the file again. */
	leave() {
		this.stop.abort();
		this.set('cancelled');
		this.wake();
	}

	/* Give it up, and free its room. */
	async cancel() {
		this.leave();
		await this.discard();
	}

	async discard() {
		if (!this.path)
			return;
		forget(this.path);
		await this.server.remove(this.path).catch(() => {}); /* it expires */
	}
}
