/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The WebSocket to the machine that has the slot, connected again when it is
 * lost, until somebody ends it. Runs in the worker, and in node, where there is
 * a WebSocket.
 *
 *	new Link({ url, ticket, resume, client, name, writable }, {
 *		opened()         a connection stands; what was sent before is gone
 *		received(octets)
 *		dropped()        that connection is no more
 *		state(state)     { name, why, since }, see below
 *	});
 *
 * States: connecting, open, lost (it tries again by itself), and stopping (what
 * was written last is still on its way); and the ends, after which only connect()
 * does anything: ejected, taken (by another: connect with `take`), refused,
 * stopped (`untold`: the other side does not know).
 */

/* NBD; where a server knows it, with a sign of life now and then. */
export const PROTOCOLS = ['vm.nbd.v1-beat', 'vm.nbd.v1'];
const MESSAGE = 131072; /* as much as a bmcweb takes */
const MOST_BUFFERED = 8 << 20;
const PATIENCE = 10000; /* ms for a connection, or its end */
const AGAIN = 5000; /* ... for one that is to be there again */
const SILENCE = 12000; /* ms: a server that shows that it lives does each 5 s */
const PAUSES = [0, 500, 1000, 2000]; /* ms, and so on */
const ASK_AGAIN = 1000; /* ms after an eject could not be asked for */
const LONGEST_NAME = 64; /* the end of it tells more */

/* sysexits(3) that say nothing against the image or us: lost, or too early. */
const LOST = new Set([1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 4074]);
const OURS = 'by this page';

/* Of a slot that is busy: somebody has it; or it is so for a moment. */
const BUSY = 4409;
const BY_ANOTHER = / (taken by|taken over by|waits for|holds) /;
const IN_USE = / (being used|held) by /;

function busy(reason, opened) {
	if (opened && IN_USE.test(reason))
		return ['lost', reason];
	return reason && !BY_ANOTHER.test(reason) ? ['refused', reason] :
		['taken', reason || 'the slot is taken'];
}

/* What a close code means: [state, why]. */
export function meaning(code, reason, opened) {
	if (code === 1000)
		return ['ejected', reason || 'ejected'];
	if (code === BUSY)
		return busy(reason, opened);
	if (LOST.has(code))
		return opened ? ['lost', reason || 'the connection broke'] :
			['refused', 'no connection'];
	if (code === 1008)
		return ['refused', reason || 'not allowed'];
	return ['refused', reason || `closed with code ${code}`];
}

/* The whole address of a slot; `asks` names what is asked for besides. */
export function address({ url, client, name, writable }, asks) {
	const whole = new URL(url);
	whole.searchParams.set('client', client);
	whole.searchParams.set('name', [...name].slice(-LONGEST_NAME).join(''));
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
		this.attached = false; /* likewise, once: goOn() */
		this.attempts = 0;
		this.since = 0;
		this.socket = null;
		this.leaving = false; /* an eject was asked for, since connect(); */
		this.leave = null; /* ... by this connection, the last of its kind */
		this.timer = 0;
		this.asking = 0; /* the timer of `leave` */
	}

	/* --- data ---------------------------------------------------------- */

	/* Gather octets; flush() when there is no more for now. */
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

	/* Does more wait to be sent than is good? Nothing tells when it went. */
	get full() {
		return (this.socket?.bufferedAmount ?? 0) > MOST_BUFFERED;
	}

	/* --- connections ----------------------------------------------------- */

	connect(take = false) {
		this.abandon();
		this.take = take;
		this.opened = this.attached = this.leaving = false;
		this.attempts = 0;
		this.since = Date.now();
		this.state('connecting');
		this.open();
	}

	/* Again at once, such as when the network is back. */
	hurry() {
		if (this.name !== 'lost' && this.name !== 'open')
			return;
		this.attempts = 0;
		this.lose('the network was away');
	}

	stop(code = 1000, reason = 'stopped', state = 'stopped', why = OURS) {
		const { socket } = this;
		const untold = this.attached && !this.connected;
		this.flush();
		this.forget();
		socket?.close(code, reason);
		this.state(state, why, { untold });
	}

	/* Have it ejected there, and serve on until it is: what the host wrote
	 * last is still to come. Told so twice, or where it is refused, stop. */
	eject() {
		if (!this.attached || !this.connected || this.leave) {
			this.stop();
			return;
		}
		this.leaving = true;
		this.ask();
		this.state('stopping');
	}

	/* By another connection: how that ends must not end this one too early. */
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

	/* Asked again where that may do better: the slot was busy, or the line was
	 * lost (of a server that lets nobody in a page is told the same). */
	answered(code) {
		clearTimeout(this.asking);
		if (code === BUSY || LOST.has(code))
			this.asking = setTimeout(() => this.ask(), ASK_AGAIN);
		else if (code !== 1000)
			this.stop();
	}

	/* What it serves is the slot's medium: again, where the line was lost after
	 * somebody had asked for an end. */
	goOn() {
		this.attached = true;
		if (this.leaving && !this.leave)
			this.eject();
	}

	dial(asks) {
		const protocols = [...PROTOCOLS];
		if (this.ticket)
			protocols.push(`ticket.${this.ticket}`);
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
		this.attempts = 0;
		this.take = false;
		this.ticket = ''; /* it is good for once; `resume` is, from now on */
		this.filled = 0;
		this.since = Date.now();
		this.state('open');
		this.handlers.opened();
	}

	/* An empty message says no more than that somebody is there: pings are
	 * not for pages to see. From the first on, silence is a loss. */
	listen() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => {
			if (Date.now() - this.heard < SILENCE)
				this.listen();
			else
				this.lose('the other side is silent');
		}, SILENCE / 4);
	}

	onmessage({ data }) {
		this.heard = Date.now();
		if (data.byteLength === 0)
			this.listen();
		else if (typeof data === 'string')
			this.stop(4076, 'text', 'refused', 'the other side sends text');
		else
			this.handlers.received(new Uint8Array(data));
	}

	onclose({ code, reason }) {
		const [state, why] = meaning(code, reason, this.opened);
		if (state === 'lost') {
			this.lose(why);
		} else if (state === 'ejected' && this.leaving) {
			this.forget();
			this.state('stopped', OURS);
		} else {
			this.forget();
			this.state(state, why);
		}
	}

	late() {
		if (this.opened) {
			this.lose('no answer');
		} else {
			this.abandon();
			this.state('refused', 'no connection');
		}
	}

	/* The connection is gone: another, by and by. */
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

	/* Nothing of this connection matters any more. */
	forget() {
		clearTimeout(this.timer);
		clearTimeout(this.asking);
		const { socket, leave } = this;
		this.socket = this.leave = null;
		this.filled = 0;
		if (socket)
			socket.onopen = socket.onmessage = socket.onclose = null;
		leave?.close();
		if (this.connected)
			this.handlers.dropped();
		this.connected = false;
	}

	/* Not by 1000, which says there that it was meant. */
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
