// SPDX-License-Identifier: BSD-2-Clause
// A WebSocket peer with raw sockets, in both roles: it sends any frame that a
// case needs, valid or not, and checks each frame that it gets (RFC 6455
// section 5). It reads only when a case tells it to, so a peer that does not
// read does nothing.

import crypto from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { Duplex } from 'node:stream';

export const CONT = 0, TEXT = 1, BIN = 2, CLOSE = 8, PING = 9, PONG = 10;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export function acceptOf(key) {
	return crypto.createHash('sha1').update(key + GUID).digest('base64');
}

// A fault that a case found. Some callers expect `code`.
export class Wrong extends Error {}
export function must(truth, what) {
	if (!truth)
		throw new Wrong(what);
}
export function same(got, want, what) {
	must(got === want, `${what}: got ${show(got)}, want ${show(want)}`);
}
export function show(value) {
	if (Buffer.isBuffer(value)) {
		const start = value.subarray(0, 40);
		return `${value.length} bytes <${start.toString('hex')}>`;
	}
	return JSON.stringify(value);
}

// One frame. Options: fin, rsv (0 to 7), mask (false, true, or four bytes),
// form (of the length: 7, 16 or 64 bits, shortest or not), length (the
// announced one, true or not).
export function frame(op, payload = '', o = {}) {
	const data = Buffer.from(payload);
	const length = BigInt(o.length ?? data.length);
	const form = o.form ?? (length < 126n ? 7 : length < 65536n ? 16 : 64);
	const masked = o.mask !== false;
	const parts = [Buffer.from([
		(o.fin === false ? 0 : 128) | (o.rsv ?? 0) << 4 | op,
		(masked ? 128 : 0) |
			(form === 7 ? Number(length) : form === 16 ? 126 : 127)])];
	if (form !== 7)
		parts.push(u(length, form / 8));
	if (masked) {
		const key = Buffer.isBuffer(o.mask) ? o.mask :
			crypto.randomBytes(4);
		parts.push(key);
		mask(data, key);
	}
	parts.push(data);
	return Buffer.concat(parts);
}
function u(number, size) {
	const b = Buffer.alloc(8);
	b.writeBigUInt64BE(BigInt(number));
	return b.subarray(8 - size);
}
function mask(data, key) {
	for (let i = 0; i < data.length; i++)
		data[i] ^= key[i & 3];
}

// The payload of a close frame.
export function closing(code, reason = '') {
	const b = Buffer.from(`..${reason}`);
	b.writeUInt16BE(code);
	return b;
}

// A message in frames of `size` bytes each.
export function fragments(op, payload, size) {
	const data = Buffer.from(payload), list = [];
	for (let at = 0; at === 0 || at < data.length; at += size)
		list.push(frame(at === 0 ? op : CONT,
			data.subarray(at, at + size),
			{ fin: at + size >= data.length }));
	return list;
}

// Bytes that compress badly and depend on their offset.
export function pattern(size, seed = 1) {
	const b = Buffer.alloc(size);
	let x = seed >>> 0 || 1;
	for (let i = 0; i + 4 <= size; i += 4) {
		x ^= x << 13, x ^= x >>> 17, x ^= x << 5;
		b.writeInt32LE(x | 0, i);
	}
	return b;
}

// TLS with access to the TCP below it: a case decides how it ends, and can
// count the records that arrive. (Alerts are of type 21, RFC 5246 6.2.1.)
class Tap extends Duplex {
	constructor(raw) {
		super({ allowHalfOpen: true });
		this.raw = raw;
		this.alerts = 0;
		this.skip = 0;
		this.head = Buffer.alloc(0);
		raw.on('data', (d) => {
			this.count(d);
			if (!this.push(d))
				raw.pause();
		});
		raw.on('end', () => this.push(null));
		raw.on('error', (e) => this.destroy(e));
		raw.pause();
	}
	count(d) {
		for (;;) {
			const n = Math.min(this.skip, d.length);
			this.skip -= n;
			d = d.subarray(n);
			if (d.length === 0)
				return;
			const all = Buffer.concat([this.head, d]);
			if (all.length < 5) {
				this.head = all;
				return;
			}
			d = all.subarray(5);
			this.head = Buffer.alloc(0);
			this.skip = all.readUInt16BE(3);
			this.alerts += all[0] === 21 ? 1 : 0;
		}
	}
	_read() {
		this.raw.resume();
	}
	_write(d, encoding, done) {
		this.raw.write(d, done);
	}
	_final(done) {
		this.raw.end(done);
	}
	_destroy(e, done) {
		this.raw.destroy();
		done(e);
	}
}

export class Conn {
	// `stream` carries the WebSocket's bytes, `raw` is the TCP below it.
	constructor(stream, raw, isClient) {
		this.stream = stream;
		this.raw = raw;
		this.isClient = isClient;
		this.chunks = [];
		this.have = 0;
		this.end = null; // 'fin', or an error's code
		this.pongs = [];
		this.pings = [];
		this.keys = [];
		this.open = false; // is a message unfinished?
		this.frames = 0;
		const wake = () => this.wake?.();
		stream.on('readable', wake);
		stream.on('end', () => { this.end ??= 'fin'; wake(); });
		stream.on('error', (e) => { this.end ??= e.code; wake(); });
		stream.on('close', () => { this.end ??= 'closed'; wake(); });
		raw.on('error', (e) => { this.error = e.code; wake(); });
	}

	// Options: port and host, or path; tls: { ca, servername, ... }.
	static async connect(o) {
		const raw = net.connect({ host: '127.0.0.1', ...o,
			allowHalfOpen: true, noDelay: true });
		o.conns?.push({ destroy: () => raw.destroy() });
		await event(raw, 'connect');
		return Conn.over(raw, o.tls, true);
	}
	// The same for an accepted connection; tls: { cert, key }.
	static async over(raw, options, isClient) {
		raw.setNoDelay?.(true);
		if (!options)
			return new Conn(raw, raw, isClient);
		const tap = new Tap(raw);
		const stream = isClient ?
			tls.connect({ socket: tap, ...options }) :
			new tls.TLSSocket(tap, { isServer: true, ...options });
		await event(stream, isClient ? 'secureConnect' : 'secure');
		return Object.assign(new Conn(stream, raw, isClient), { tap });
	}

	// --- bytes ------------------------------------------------------

	// Resolves when the kernel has the data.
	send(...buffers) {
		return new Promise((resolve, reject) => {
			const b = Buffer.concat(buffers.map((x) => Buffer.from(x)));
			this.stream.write(b, (e) => e ? reject(e) : resolve());
		});
	}
	// The same, for data that the other end may not read completely.
	async offer(...buffers) {
		try {
			await this.send(...buffers);
			return true;
		} catch (e) {
			if (!e.code)
				throw e;
			return false;
		}
	}
	// Send in pieces of `size` bytes, each in its own packet if possible.
	async chop(buffer, size) {
		for (let i = 0; i < buffer.length; i += size)
			await this.send(buffer.subarray(i, i + size));
	}
	async more() {
		for (;;) {
			const d = this.stream.read();
			if (d !== null) {
				this.chunks.push(d);
				this.have += d.length;
				return true;
			}
			if (this.end !== null)
				return false;
			await new Promise((resolve) => { this.wake = resolve; });
		}
	}
	peek() {
		if (this.chunks.length > 1)
			this.chunks = [Buffer.concat(this.chunks)];
		return this.chunks[0] ?? Buffer.alloc(0);
	}
	// n bytes, or null if the other end closes before.
	async take(n) {
		while (this.have < n)
			if (!await this.more())
				return null;
		const all = this.peek();
		this.chunks = [all.subarray(n)];
		this.have -= n;
		return all.subarray(0, n);
	}
	// All data until the end.
	async toEnd() {
		while (await this.more())
			continue;
		return this.take(this.have);
	}
	// An HTTP answer: { status, line, headers: Map of lists, body }.
	async block() {
		for (;;) {
			const at = this.peek().indexOf('\r\n\r\n');
			if (at >= 0)
				return parseBlock((await this.take(at + 4)).toString('latin1'));
			must(this.have < 65536, 'a header without an end');
			if (!await this.more())
				return null;
		}
	}
	// How the other end ended, after any data.
	async ended() {
		while (await this.more())
			continue;
		return this.end;
	}
	// End the TCP connection on our side, without close_notify and without
	// Close.
	fin() {
		this.raw.end();
	}
	reset() {
		this.raw.resetAndDestroy();
	}
	destroy() {
		this.stream.destroy();
		this.raw.destroy();
	}
	// The other end must have closed both directions: it answers our data
	// with a reset.
	async gone() {
		this.raw.resume();
		while (!this.error && !this.raw.destroyed) {
			this.raw.write('x', () => {});
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}

	// --- frames -----------------------------------------------------

	// The next frame, checked against the rules for every frame (5.2, 5.5);
	// null at the end.
	async frame() {
		const two = await this.take(2);
		if (two === null) {
			must(this.have === 0, 'the end is amid a frame');
			return null;
		}
		const f = { fin: two[0] >= 128, op: two[0] & 15 };
		let length = BigInt(two[1] & 127);
		same(two[0] >> 4 & 7, 0, '5.2: reserved bits');
		if (length >= 126n) {
			const size = length === 126n ? 2 : 8, b = await this.take(size);
			must(b !== null, 'the end is amid a length');
			length = BigInt(`0x${b.toString('hex')}`);
			must(length > (size === 2 ? 125n : 65535n),
				`5.2: the length ${length} is not in its shortest form`);
		}
		must(length < 1n << 30n, `5.2: a length of ${length}`);
		same(two[1] >= 128, !this.isClient,
			`5.1: a frame of op ${f.op} is masked`);
		if (!this.isClient) {
			const key = await this.take(4);
			must(key !== null, 'the end is amid a mask');
			f.key = Buffer.from(key);
			this.keys.push(f.key.toString('hex'));
		}
		const payload = await this.take(Number(length));
		must(payload !== null, 'the end is amid a payload');
		f.payload = Buffer.from(payload);
		if (f.key)
			mask(f.payload, f.key);
		this.check(f);
		return f;
	}
	check(f) {
		this.frames++;
		if (f.op >= 8) {
			must(f.fin, '5.5: a control frame is fragmented');
			must(f.payload.length <= 125, '5.5: a control frame is long');
			must(f.op <= PONG, `5.2: opcode ${f.op}`);
		} else {
			must(f.op <= BIN, `5.2: opcode ${f.op}`);
			same(f.op === CONT, this.open, '5.4: it is a continuation');
			this.open = !f.fin;
		}
		if (f.op !== CLOSE)
			return;
		must(f.payload.length !== 1, '5.5.1: a close frame of one byte');
		if (f.payload.length === 0)
			return;
		f.code = f.payload.readUInt16BE();
		f.reason = f.payload.toString('utf8', 2);
		must(Buffer.from(f.reason).equals(f.payload.subarray(2)),
			`5.5.1: a reason that is not UTF-8: ${show(f.payload)}`);
		must(f.code >= 1000 && f.code < 5000 &&
			![1004, 1005, 1006, 1015].includes(f.code) &&
			(f.code < 1016 || f.code >= 3000),
		`7.4: close code ${f.code} on the wire`);
	}
	// n bytes of data; pings and pongs between them are kept.
	async data(n) {
		const parts = [];
		let have = 0;
		while (have < n) {
			const f = await this.frame();
			must(f !== null,
				`the end (${this.end}) came after ${have} of ${n} bytes`);
			if (f.op === PONG) {
				this.pongs.push(f.payload.toString('latin1'));
			} else if (f.op === PING) {
				this.pings.push(f.payload.toString('latin1'));
			} else {
				must(f.op !== CLOSE, `a close (${f.code} ${f.reason}) ` +
					`came after ${have} of ${n} bytes`);
				parts.push(f.payload);
				have += f.payload.length;
			}
		}
		same(have, n, 'bytes of data');
		return Buffer.concat(parts);
	}
	// Send data, which must come back unchanged.
	async echoed(want) {
		const data = Buffer.from(want), got = await this.data(data.length);
		must(got.equals(data), `the data differ: ${show(got)} ${show(data)}`);
	}
	// The next frame of this opcode, with no data before it.
	async control(op) {
		const f = await this.frame();
		must(f !== null, `the end (${this.end}), want op ${op}`);
		same(f.op, op, 'the opcode');
		return f;
	}
	async ping(payload) {
		await this.send(frame(PING, payload, { mask: this.isClient }));
		const f = await this.control(PONG);
		same(f.payload.toString('latin1'),
			Buffer.from(payload).toString('latin1'), '5.5.3: the pong');
	}
	// Everything until the end: { data, pongs, close, end }; answers the
	// close if `answers` is true.
	async rest(answers = false) {
		const r = { data: [], pongs: [], pings: 0, close: null };
		for (let f; (f = await this.frame()) !== null;) {
			must(r.close === null, `5.5.1: op ${f.op} came behind a close`);
			if (f.op === CLOSE) {
				r.close = f;
				if (answers)
					await this.offer(frame(CLOSE, closing(f.code ?? 1000),
						{ mask: this.isClient }));
			} else if (f.op === PONG) {
				r.pongs.push(f.payload.toString('latin1'));
			} else if (f.op === PING) {
				r.pings++;
			} else {
				r.data.push(f.payload);
			}
		}
		r.data = Buffer.concat(r.data);
		r.end = this.end;
		return r;
	}
	// The other end must send Close with this code, then its FIN before
	// ours (7.1.1, 7.1.7); the data and pongs before that must be as
	// expected.
	async closes(code, o = {}) {
		const r = await this.rest(o.answers);
		must(r.close !== null, `7.1.7: no close frame, the end is ${r.end}`);
		const codes = [code].flat();
		must(codes.includes(r.close.code), `7.4.1: close code ` +
			`${r.close.code} (${r.close.reason}), want ${codes.join(' or ')}`);
		same(r.end, 'fin', '7.1.1: the end of TCP');
		const want = Buffer.from(o.data ?? '');
		if (o.data !== undefined)
			must(r.data.equals(want),
				`the data: ${show(r.data)}, want ${show(want)}`);
		if (o.prefix !== undefined)
			must(Buffer.from(o.prefix).subarray(0, r.data.length)
				.equals(r.data),
			`data that was not sent, or is not valid: ${show(r.data)}`);
		if (o.pongs)
			same(r.pongs.join(), o.pongs.join(), '5.5.3: the pongs');
		return r;
	}
}

export function parseBlock(text) {
	const lines = text.split('\r\n'), headers = new Map();
	for (const line of lines.slice(1, -2)) {
		const m = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/
			.exec(line);
		must(m, `a header that is none: ${show(line)}`);
		const name = m[1].toLowerCase();
		headers.set(name, [...headers.get(name) ?? [], m[2]]);
	}
	const m = /^HTTP\/1\.1 (\d{3})( |$)/.exec(lines[0]);
	return { line: lines[0], status: m ? Number(m[1]) : 0, headers,
		get: (name) => headers.get(name)?.join(', ') };
}

export function event(emitter, name) {
	return new Promise((resolve, reject) => {
		emitter.once(name, resolve);
		emitter.once('error', reject);
		emitter.once('close', () => reject(new Wrong(
			`it was closed before '${name}'`)));
	});
}
