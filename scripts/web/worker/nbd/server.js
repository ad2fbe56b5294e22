/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * An NBD server (nbd, doc/proto.md) as a state machine without input, output or
 * clock: the caller passes the client's octets to receive(), and the server calls
 * the handlers. Runs anywhere: in the page's worker, and in node for its tests.
 *
 *	new NbdServer({ size, name, description, writable }, {
 *		send(octets)      for the client, in order; valid until it returns
 *		request(request)  the caller answers by answer(), at once or later,
 *				  in any order: { type, offset, length, fua,
 *				  noHole, data }, where type is read, write,
 *				  flush, trim or zero
 *		attached()        the handshake is over, requests will follow
 *		ended(fault)      nothing more will follow: the client disconnected
 *				  (fault is null), or broke the protocol
 *	});
 *
 * At most 32 requests, of 8 MiB in all (or one longer request), wait for an
 * answer at a time. At that limit, and while `held` is set, the server stops
 * parsing and stores what arrives, up to a limit. Every length that the client
 * sends is compared with a limit before it is used.
 */

import { CHUNK, CHUNK_DATA, CHUNK_DONE, CHUNK_ERROR, CMD, CMD_FLAG, EINVAL,
	ENOSPC, EPERM, MOST_REQUEST, REQUEST, SIMPLE_REPLY } from './protocol.js';
import { getU64, Input, pack, raw, u16, u32, u64, viewOf } from './octets.js';
import { Handshake } from './handshake.js';

const MOST_REQUESTS = 32;
const MOST_BYTES = 8 << 20;
/* Bytes that may wait to be parsed, for a read-only and a writable export: a
 * kernel may have 128 writes of some MiB under way. */
const MOST_INPUT = { false: 64 << 20, true: 256 << 20 };

const NAMES = {
	[CMD.READ]: 'read', [CMD.WRITE]: 'write', [CMD.FLUSH]: 'flush',
	[CMD.TRIM]: 'trim', [CMD.ZEROES]: 'zero',
};
/* The flags that each command allows */
const FLAGS_OF = {
	[CMD.READ]: CMD_FLAG.DF, [CMD.WRITE]: CMD_FLAG.FUA, [CMD.FLUSH]: 0,
	[CMD.TRIM]: CMD_FLAG.FUA, [CMD.ZEROES]: CMD_FLAG.FUA | CMD_FLAG.NO_HOLE,
};

export class NbdServer {
	constructor(exported, handlers) {
		this.exported = exported;
		this.handlers = handlers;
		this.input = new Input();
		this.handshake = new Handshake(this.input, exported, {
			send: (octets) => this.send(octets),
			attached: (structured) => this.attached(structured),
			ended: (fault) => this.end(fault),
		});
		this.step = () => this.handshake.step();
		this.over = false;
		this.held = false;
		this.parsing = false;
		this.structured = false;
		this.requests = 0;
		this.bytes = 0;
		this.leaving = false;
	}

	/* Greet the client. */
	start() {
		this.handshake.start();
	}

	/* Take octets from the client as they arrive, and own them from now
	 * on. */
	receive(octets) {
		if (this.over)
			return;
		this.input.push(octets);
		this.parse();
		if (this.input.length > MOST_INPUT[Boolean(this.exported.writable)])
			this.end('more requests than can be kept');
	}

	/* The caller has unset `held`: parse what has arrived. */
	parse() {
		if (this.parsing)
			return;
		this.parsing = true;
		try {
			while (!this.over && this.step())
				;
		} finally {
			this.parsing = false;
		}
	}

	/* The connection is gone: call no handler any more. */
	stop() {
		this.over = true;
		this.input = new Input();
	}

	send(octets) {
		this.handlers.send(octets);
	}

	end(fault) {
		if (this.over)
			return false;
		this.stop();
		this.handlers.ended(fault);
		return false;
	}

	attached(structured) {
		this.structured = structured;
		this.step = this.requestHeader;
		this.handlers.attached();
	}

	/* --- steps: each parses one thing, or returns false until all of it has
	 * arrived --- */

	requestHeader() {
		if (this.leaving || this.held || this.input.length < 28)
			return false;
		if (this.requests >= MOST_REQUESTS || this.bytes >= MOST_BYTES)
			return false;
		const octets = this.input.take(28);
		const view = viewOf(octets);
		if (view.getUint32(0) !== REQUEST)
			return this.end('a request without its magic number');
		const request = {
			command: view.getUint16(6), flags: view.getUint16(4),
			cookie: octets.slice(8, 16),
			offset: getU64(view, 16), length: view.getUint32(24),
		};
		this.requests++;
		if (request.command === CMD.DISC)
			return this.leave(request);
		if (request.command === CMD.WRITE)
			return this.writeHeader(request);
		return this.hand(request, this.fault(request));
	}

	/* The data follows even if we refuse the write: then skip the data. */
	writeHeader(request) {
		if (request.length > MOST_REQUEST)
			return this.end(`a write of ${request.length} bytes`);
		this.pending = request;
		this.pendingFault = this.fault(request);
		this.missing = request.length;
		this.step = this.pendingFault ? this.skipData : this.writeData;
		return true;
	}

	skipData() {
		this.missing -= this.input.skip(this.missing);
		if (this.missing > 0)
			return false;
		this.step = this.requestHeader;
		return this.hand(this.pending, this.pendingFault);
	}

	writeData() {
		if (this.input.length < this.missing)
			return false;
		this.pending.data = this.input.take(this.missing);
		this.step = this.requestHeader;
		return this.hand(this.pending, 0);
	}

	/* --- requests ------------------------------------------------------ */

	/* The error number by which a request is refused, or 0. */
	fault({ command, flags, offset, length }) {
		const { size, writable } = this.exported;
		if (!(command in NAMES) || flags & ~FLAGS_OF[command])
			return EINVAL;
		if (flags & CMD_FLAG.DF && !this.structured)
			return EINVAL;
		if (command === CMD.FLUSH)
			return offset || length ? EINVAL : 0;
		if (command !== CMD.READ && !writable)
			return EPERM;
		if (command === CMD.READ && length > MOST_REQUEST)
			return EINVAL;
		if (offset + length > size)
			return command === CMD.WRITE || command === CMD.ZEROES ?
				ENOSPC : EINVAL;
		return length === 0 ? EINVAL : 0;
	}

	hand(request, fault) {
		request.type = NAMES[request.command];
		request.fua = Boolean(request.flags & CMD_FLAG.FUA);
		request.noHole = Boolean(request.flags & CMD_FLAG.NO_HOLE);
		request.cost = request.type === 'read' || request.type === 'write' ?
			request.length : 0;
		if (fault)
			request.cost = 0;
		this.bytes += request.cost;
		if (fault)
			this.answer(request, fault);
		else
			this.handlers.request(request);
		return true;
	}

	/* The client disconnects: answer the requests under way first. */
	leave() {
		this.requests--;
		this.leaving = true;
		return this.requests === 0 ? this.end(null) : false;
	}

	/* Answer a request: `error` is an error number or 0; `parts` are the octets
	 * of a read, in any number of arrays. */
	answer(request, error, parts = []) {
		if (this.over)
			return;
		this.requests--;
		this.bytes -= request.cost;
		if (this.structured && request.command === CMD.READ)
			this.sendChunk(request, error);
		else
			this.send(pack(u32(SIMPLE_REPLY), u32(error), raw(request.cookie)));
		if (!error)
			for (const part of parts)
				this.send(part);
		if (this.leaving && this.requests === 0)
			this.end(null);
		else
			this.parse();
	}

	/* Send the header of a structured reply's data, or send its error. */
	sendChunk({ cookie, offset, length }, error) {
		const head = (type, size) => [u32(CHUNK), u16(CHUNK_DONE), u16(type),
			raw(cookie), u32(size)];
		if (error)
			this.send(pack(...head(CHUNK_ERROR, 6), u32(error), u16(0)));
		else
			this.send(pack(...head(CHUNK_DATA, 8 + length), u64(offset)));
	}
}
