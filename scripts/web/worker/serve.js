/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Serves an image, with or without an overlay, over a link: turns requests of the
 * NBD server into reads and writes, and their results into answers. Runs in the
 * worker, and in node for its tests.
 *
 * Arriving messages and finished reads drive the transfer, not timers: a
 * browser may delay the timers of a hidden page by a minute.
 */

import { EIO, ENOSPC } from './nbd/protocol.js';
import { NbdServer } from './nbd/server.js';
import { Link } from './link.js';
import { LINK } from '../words/en.js';
import { Coverage, READ, WRITTEN } from './coverage.js';

const DRAIN = 5; /* ms */
const FAREWELL = 10000; /* ms for the server to say why it disconnected */

/* Words of the slot that say that the host has the image. */
const IN = new Set(['inserted', 'reading', 'idle']);

export class Service {
	/* `to` is for Link; state(state) gets the link's state and `attached`. */
	constructor(image, overlay, to, state) {
		this.image = image;
		this.overlay = overlay;
		this.store = overlay ?? image;
		this.told = state;
		this.coverage = new Coverage(image.size);
		this.bytes = { read: 0, written: 0 };
		this.nbd = null;
		this.probed = false; /* the slot has announced its check */
		this.host = ''; /* the slot's last word that is in IN */
		this.others = []; /* slots that are empty: { slot, type } */
		this.failing = false;
		this.timer = 0; /* waits for the reason of a disconnection */
		this.holding = 0; /* the timer while requests are held */
		this.link = new Link({ ...to, writable: Boolean(overlay) }, {
			opened: () => this.opened(),
			received: (octets) => this.received(octets),
			dropped: () => this.dropped(),
			heard: (word) => this.heard(word),
			state: (link) => this.state(link),
		});
	}

	connect(take) {
		this.link.connect(take);
	}

	stop() {
		this.link.eject();
	}

	state(link) {
		this.told({ ...link, attached: this.attached, host: this.host,
			others: this.others });
	}

	/* --- one connection ------------------------------------------------- */

	async opened() {
		const nbd = this.newServer();
		this.nbd = nbd;
		this.attached = this.probed = false;
		this.others = [];
		try {
			await this.image.check();
		} catch {
			this.failed(nbd);
		}
		if (this.nbd !== nbd || this.failing)
			return;
		nbd.start();
		this.link.flush();
	}

	newServer() {
		return new NbdServer({
			size: this.image.size,
			name: this.image.file.name,
			description: this.image.description +
				(this.overlay ? ` overlay=${this.overlay.id}` : ''),
			writable: Boolean(this.overlay),
		}, {
			send: (octets) => this.link.send(octets),
			request: (request) => this.serve(request),
			attached: () => this.isAttached(),
			ended: (fault) => this.ended(fault),
		});
	}

	/* The NBD client is ready. If the slot has said that it checks the
	 * image, the image is not in yet. Other servers do not tell more. */
	isAttached() {
		if (!this.probed)
			this.isIn();
	}

	/* The image is in the drive. (Earlier reads were the slot's, not the
	 * host's.) */
	isIn() {
		this.attached = true;
		this.link.goOn();
		this.tellOpen();
	}

	tellOpen() {
		if (!this.link.leaving)
			this.state({ name: 'open', why: '', since: this.link.since });
	}

	/* The slot tells its state. */
	heard(word) {
		const [first, slot, type] = word.split(' ');
		if (first === 'probing')
			this.probed = true;
		else if (first === 'other')
			this.others.push({ slot, type });
		if (!IN.has(word))
			return;
		if (this.probed) {
			this.bytes = { read: 0, written: 0 };
			this.coverage = new Coverage(this.image.size);
			this.probed = false;
		}
		this.host = word;
		if (this.attached)
			this.tellOpen();
		else
			this.isIn();
	}

	received(octets) {
		this.nbd.receive(octets);
		this.drain();
	}

	/* Send what is ready, and parse only while the connection keeps up. */
	drain() {
		this.link.flush();
		if (!this.nbd || this.failing || !this.nbd.held || this.link.full)
			return;
		this.nbd.held = false;
		this.nbd.parse();
		this.link.flush();
	}

	/* No event tells that the connection has sent enough; we check this at
	 * the next request. For a client that sends no more requests and reads
	 * slowly, this timer is needed. */
	hold() {
		this.nbd.held = true;
		this.holding ||= setTimeout(() => this.again(), DRAIN);
	}

	again() {
		this.holding = 0;
		this.drain();
		if (this.nbd?.held && !this.failing)
			this.hold();
	}

	dropped() {
		clearTimeout(this.timer);
		clearTimeout(this.holding);
		this.holding = 0;
		this.nbd?.stop();
		this.nbd = null;
		this.attached = false;
		this.host = '';
	}

	/* The NBD client has ended. The WebSocket's close will give the
	 * reason. */
	ended(fault) {
		this.link.flush();
		if (fault === null)
			this.timer = setTimeout(() => this.link.stop(1000, 'left',
				'ejected', LINK.disconnected), FAREWELL);
		else
			this.link.stop(4076, fault.slice(0, 100), 'refused',
				`the server broke the NBD protocol: ${fault}`);
	}

	/* --- requests -------------------------------------------------------- */

	serve(request) {
		const { nbd } = this;
		const { type, offset, length } = request;
		const parts = type === 'read' ? this.cached(offset, length) : null;
		if (parts)
			this.answer(nbd, request, 0, parts);
		else
			this.later(nbd, request, type === 'read' ?
				this.store.read(offset, length) : this.change(request));
		if (this.link.full && !nbd.held && !nbd.over)
			this.hold();
	}

	/* null on an error, too: read() fails again and reports it. */
	cached(offset, length) {
		try {
			return this.store.cached(offset, length);
		} catch {
			return null;
		}
	}

	async change({ type, offset, length, data, fua, noHole }) {
		const { overlay } = this;
		if (!overlay)
			return; /* a flush of a read-only image */
		if (type === 'write')
			await overlay.write(offset, data);
		else if (type === 'trim')
			await overlay.zero(offset, length, { wholeOnly: true });
		else if (type === 'zero')
			await overlay.zero(offset, length, { noHole });
		if (type === 'flush' || fua)
			await overlay.flush();
	}

	async later(nbd, request, promise) {
		let error = 0, parts;
		try {
			parts = await promise;
		} catch (exception) {
			error = exception.name === 'QuotaExceededError' ? ENOSPC : EIO;
		}
		this.answer(nbd, request, error, parts);
		if (nbd !== this.nbd)
			return;
		this.drain();
		if (this.image.changed)
			this.failed(nbd);
	}

	answer(nbd, request, error, parts) {
		if (nbd !== this.nbd)
			return;
		if (!error)
			this.count(request);
		nbd.answer(request, error, parts);
	}

	count({ type, offset, length }) {
		if (type === 'read') {
			this.bytes.read += length;
			this.coverage.mark(offset, length, READ);
		} else if (length > 0) {
			this.bytes.written += type === 'write' ? length : 0;
			this.coverage.mark(offset, length, WRITTEN);
		}
	}

	/* The file has changed: answer the requests under way with errors, then
	 * end the connection. */
	failed(nbd) {
		this.failing = nbd.held = true;
		if (nbd.requests === 0)
			this.link.stop(4005, 'the file changed', 'changed',
				this.image.changed.message);
	}
}
