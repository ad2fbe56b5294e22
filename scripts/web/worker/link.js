/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The WebSocket to the machine that has the slot. It reconnects after a loss,
 * until one side ends it. Runs in the worker, and in node where that has a
 * WebSocket.
 *
 *	new Link({ url, ticket, token, resume, client, name, writable, limits }, {
 *		opened()         a new connection; nothing of an older one arrives
 *		received(octets)
 *		dropped()        that connection is gone
 *		heard(word)      the slot's state, from a server that tells it:
 *		                 probing, inserted, reading, idle, ejecting;
 *		                 or of another one that is empty: other N TYPE
 *		state(state)     { name, why, since }, see below
 *	});
 *
 * States: connecting, open, lost (it tries again by itself), and stopping (the
 * host's last writes are still on their way). The other states are ends, after
 * which only connect() does anything: ejected, taken (by another client: connect
 * with `take`), refused, stopped (`untold`: the slot has not said that its medium
 * is ejected; `early`: there was none).
 */

import { LINK } from '../words/en.js';

/* All of them are NBD. With the second protocol, the server sends a sign of
 * life now and then; with the first one also text messages with the slot's
 * state. */
const STATES = 'vm.nbd.v1-state';
export const PROTOCOLS = [STATES, 'vm.nbd.v1-beat', 'vm.nbd.v1'];
const MESSAGE = 131072; /* bytes: the longest that bmcweb accepts */
const MOST_BUFFERED = 8 << 20;
const PATIENCE = 10000; /* ms for the first connection, or for an eject */
const AGAIN = 5000; /* ms for a connection after a loss */
const SILENCE = 12000; /* ms; a sign of life comes every 5 s */
const PAUSES = [0, 500, 1000, 2000]; /* ms before each try; the last repeats */
const ASK_AGAIN = 1000; /* ms until the next request for an eject */
const FAREWELL = 5000; /* ms for a connection to end whose slot is empty */
const LONGEST_NAME = 64; /* keep the end of a longer name */

/* Close codes after which a new try may succeed; 4000 plus sysexits(3) among
 * them. */
const LOST = new Set([1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 4074]);
const TRY_AGAIN = 1013;

/* The slot is busy, because another client has it, or only for a moment. The
 * reasons are those of vmctl. */
const BUSY = 4409;
const BY_ANOTHER = / (taken by|taken over by|waits for|holds) /;
const IN_USE = / (being used|held) by /;

function busy(reason, opened) {
	if (opened && IN_USE.test(reason))
		return ['lost', reason];
	return reason && !BY_ANOTHER.test(reason) ? ['refused', reason] :
		['taken', reason || LINK.taken];
}

/* [state, why] of a close code. */
export function meaning(code, reason, opened) {
	if (code === 1000)
		return ['ejected', reason || LINK.ejected];
	if (code === BUSY)
		return busy(reason, opened);
	if (code === TRY_AGAIN && !opened)
		return ['refused', reason || LINK.busy];
	if (LOST.has(code))
		return opened ? ['lost', reason || LINK.broke] :
			['refused', LINK.none];
	if (code === 1008)
		return ['refused', reason || LINK.notAllowed];
	return ['refused', reason ||
		LINK.code(code)];
}

/* The address of a slot with its query: `limits` are times in seconds, and `asks`
 * words of the query. */
export function address({ url, client, name, writable, limits = {} }, asks) {
	const whole = new URL(url);
	whole.searchParams.set('client', client);
	whole.searchParams.set('name', [...name].slice(-LONGEST_NAME).join(''));
	for (const [limit, seconds] of Object.entries(limits))
		whole.searchParams.set(limit, seconds);
	for (const word of [...asks, ...writable ? ['rw'] : []])
		whole.searchParams.set(word, '1');
	return whole.href;
}

export class Link {
	constructor(to, handlers) {
		this.to = to;
		this.handlers = handlers;
		this.ticket = to.ticket;
		this.message = new Uint8Array(MESSAGE);
		this.filled = 0;
		this.opened = false; /* since connect() */
		this.attached = false; /* since connect(); goOn() sets it */
		this.attempts = 0;
		this.since = 0;
		this.socket = null;
		this.leaving = false; /* the user wants an eject, since connect() */
		this.leave = null; /* the connection that asks for the eject */
		this.timer = 0;
		this.asking = 0; /* the timer of `leave` */
		this.isEmpty = false; /* the slot has said so, since connect() */
	}

	/* --- data ---------------------------------------------------------- */

	/* Collect octets in a message; the caller ends with flush(). */
	send(octets) {
		for (let at = 0; at < octets.length;) {
			const part = octets.subarray(at, at + MESSAGE - this.filled);
			this.message.set(part, this.filled);
			this.filled += part.length;
			at += part.length;
			if (this.filled === MESSAGE)
				this.flush();
		}
	}

	flush() {
		if (this.filled > 0 && this.socket?.readyState === 1)
			this.socket.send(this.message.subarray(0, this.filled));
		this.filled = 0;
	}

	/* Does too much data wait to be sent? No event tells when it was
	 * sent. */
	get full() {
		return (this.socket?.bufferedAmount ?? 0) > MOST_BUFFERED;
	}

	/* --- connections ----------------------------------------------------- */

	connect(take = false) {
		this.abandon();
		this.take = take;
		this.opened = this.attached = this.leaving = this.isEmpty = false;
		this.attempts = 0;
		this.since = Date.now();
		this.state('connecting');
		this.open();
	}

	/* Reconnect at once, for example because the network is back. */
	hurry() {
		if (this.name !== 'lost' && this.name !== 'open')
			return;
		this.attempts = 0;
		this.lose(LINK.networkDown);
	}

	/* End at once, without an answer from the slot. */
	stop(code = 1000, reason = 'stopped', state = 'stopped', why = LINK.ours) {
		const { socket } = this;
		this.flush();
		this.forget();
		socket?.close(code, reason);
		if (state === 'stopped')
			this.stopped();
		else
			this.state(state, why);
	}

	stopped() {
		this.state('stopped', LINK.ours, { early: !this.attached,
			untold: this.attached && !this.isEmpty });
	}

	/* Ask the server to eject the slot, and serve until it has done so: the
	 * host's last writes come meanwhile. A second call stops at once, and
	 * so does a refusal. Before the image is attached, and for a server of
	 * another kind, a normal close is the request. */
	eject() {
		if (!this.connected || this.leave || this.parting) {
			this.stop();
			return;
		}
		this.leaving = true;
		if (this.attached && PROTOCOLS.includes(this.socket.protocol))
			this.ask();
		else
			this.part();
		this.state('stopping');
	}

	part() {
		this.parting = true;
		this.flush();
		this.socket.close(1000, 'stopped');
		this.asking = setTimeout(() => this.stop(), PATIENCE);
	}

	/* Request the eject by another connection, so that its end does not end
	 * this one too early. */
	ask() {
		const leave = this.dial(['again', 'eject']);
		this.leave = leave;
		leave.onopen = () => clearTimeout(this.asking);
		leave.onclose = ({ code }) => {
			if (this.leave === leave)
				this.answered(code);
		};
		this.asking = setTimeout(() => {
			this.ask();
			leave.close();
		}, PATIENCE);
	}

	/* The request for an eject has ended. Ask again if the slot was busy or
	 * the connection was lost; a server that refuses the connection looks
	 * like that, too. */
	answered(code) {
		clearTimeout(this.asking);
		if (code === BUSY || LOST.has(code))
			this.asking = setTimeout(() => this.ask(), ASK_AGAIN);
		else if (code === 1000)
			this.emptied();
		else
			this.stop();
	}

	/* The slot is empty. The first connection ends next, but the message
	 * about this may be lost. */
	emptied() {
		this.isEmpty = true;
		this.asking = setTimeout(() => this.stop(), FAREWELL);
	}

	/* The caller serves the slot's medium now. If the connection was lost after
	 * the user had stopped, ask for the eject again. */
	goOn() {
		this.attached = true;
		this.attempts = 0;
		if (this.leaving && !this.leave && !this.parting)
			this.eject();
	}

	dial(asks) {
		const protocols = [...PROTOCOLS];
		if (this.ticket)
			protocols.push(`ticket.${this.ticket}`);
		if (this.to.token)
			protocols.push(`token.${this.to.token}`);
		protocols.push(`resume.${this.to.resume}`);
		return new WebSocket(address(this.to, asks), protocols);
	}

	open() {
		const socket = this.dial([...this.take ? ['take'] : [],
			...this.attached ? ['again'] : []]);
		socket.binaryType = 'arraybuffer';
		socket.onopen = () => this.onopen();
		socket.onmessage = (event) => this.onmessage(event);
		socket.onclose = (event) => this.onclose(event);
		this.socket = socket;
		this.connected = false;
		this.timer = setTimeout(() => this.late(),
			this.opened ? AGAIN : PATIENCE);
	}

	onopen() {
		clearTimeout(this.timer);
		this.connected = true;
		this.opened = true;
		this.take = false;
		this.ticket = ''; /* works once; from now on, use `resume` */
		this.filled = 0;
		this.since = Date.now();
		this.state('open');
		this.handlers.opened();
	}

	/* An empty message is a sign of life (a page can't see pings). After the
	 * first one, silence means that the connection is lost. */
	listen() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => {
			if (Date.now() - this.heard < SILENCE)
				this.listen();
			else
				this.lose(LINK.silent);
		}, SILENCE / 4);
	}

	onmessage({ data }) {
		this.heard = Date.now();
		if (data.byteLength === 0)
			this.listen();
		else if (typeof data === 'string' &&
		    this.socket.protocol === STATES)
			data.split('\n').forEach((word) => this.handlers.heard(word));
		else if (typeof data === 'string')
			this.stop(4076, 'text', 'refused',
				LINK.text);
		else
			this.handlers.received(new Uint8Array(data));
	}

	onclose({ code, reason }) {
		const [state, why] = meaning(code, reason, this.opened);
		if (this.leaving && (state === 'ejected' || this.isEmpty)) {
			this.isEmpty = true;
			this.forget();
			this.stopped();
		} else if (this.parting) {
			this.stop();
		} else if (state === 'lost') {
			this.lose(why);
		} else {
			this.forget();
			this.state(state, why);
		}
	}

	late() {
		if (this.opened) {
			this.lose(LINK.noAnswer);
		} else {
			this.abandon();
			this.state('refused', LINK.none);
		}
	}

	/* The connection is lost: open another one after a pause. */
	lose(why) {
		const was = this.connected;
		this.abandon();
		if (was || this.name !== 'lost')
			this.since = Date.now();
		const pause = PAUSES[Math.min(this.attempts, PAUSES.length - 1)];
		this.attempts++;
		this.timer = setTimeout(() => this.open(), pause);
		this.state('lost', why);
	}

	/* Ignore this connection from now on. */
	forget() {
		clearTimeout(this.timer);
		clearTimeout(this.asking);
		const { socket, leave } = this;
		this.socket = this.leave = null;
		this.parting = false;
		this.filled = 0;
		if (socket)
			socket.onopen = socket.onmessage = socket.onclose = null;
		leave?.close();
		if (this.connected)
			this.handlers.dropped();
		this.connected = false;
	}

	/* Close the connection, but not with 1000: the server takes that for an
	 * eject. */
	abandon() {
		const { socket } = this;
		this.forget();
		socket?.close(4001, 'again');
	}

	state(name, why = '', more = {}) {
		this.name = name;
		this.handlers.state({ name, why, since: this.since,
			attempts: this.attempts, ...more });
	}
}
