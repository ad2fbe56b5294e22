/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The NBD protocol (nbd, doc/proto.md), server side, as a machine without
 * input, output or clock: octets of the client go in by receive(), what is to
 * be done comes out by the handlers. Runs anywhere: in the page's worker, and
 * in node for its tests.
 *
 *	new NbdServer({ size, name, description, writable }, {
 *		send(octets)      for the client, in order; valid until it returns
 *		request(request)  to be answered by answer(), at once or later, in
 *				  any order: { type, offset, length, fua, noHole,
 *				  data }, type is read, write, flush, trim or zero
 *		attached()        the handshake is over, requests will come
 *		ended(fault)      nothing more will come of this: the client took
 *				  leave (fault is null), or broke the protocol
 *	});
 *
 * At most 32 requests, and 8 MiB of them (or one), are with the handlers at a
 * time; while that is so, or while `held` is set, nothing more is parsed. What
 * comes in meanwhile is kept, up to a limit. No length that the client tells is
 * believed before it was compared with one of ours.
 */

const NBDMAGIC = [0x4e42444d, 0x41474943];
const IHAVEOPT = [0x49484156, 0x454f5054];
const OPTION_REPLY = [0x0003e889, 0x045565a9];
const REQUEST = 0x25609513;
const SIMPLE_REPLY = 0x67446698;
const CHUNK = 0x668e33ef;

const FIXED_NEWSTYLE = 1, NO_ZEROES = 2;
const OPT = { EXPORT_NAME: 1, ABORT: 2, LIST: 3, INFO: 6, GO: 7, STRUCTURED: 8 };
const REP = { ACK: 1, SERVER: 2, INFO: 3 };
const ERR = { UNSUP: 0x80000001, INVALID: 0x80000003, UNKNOWN: 0x80000006 };
const INFO = { EXPORT: 0, NAME: 1, DESCRIPTION: 2, BLOCK_SIZE: 3 };
const FLAG = {
	HAS_FLAGS: 1, READ_ONLY: 2, FLUSH: 4, FUA: 8, TRIM: 32, ZEROES: 64, DF: 128,
};
const CMD = { READ: 0, WRITE: 1, DISC: 2, FLUSH: 3, TRIM: 4, ZEROES: 6 };
const CMD_FLAG = { FUA: 1, NO_HOLE: 2, DF: 4 };
const CHUNK_DONE = 1, CHUNK_DATA = 1, CHUNK_ERROR = 0x8001;

export const EPERM = 1, EIO = 5, EINVAL = 22, ENOSPC = 28;

const MOST_OPTIONS = 64;
const MOST_OPTION = 64 << 10;
const MOST_REQUEST = 32 << 20;
const MOST_REQUESTS = 32;
const MOST_BYTES = 8 << 20;
/* A kernel may have 128 writes of some MiB under way. */
const MOST_INPUT = { false: 64 << 20, true: 256 << 20 };
const BLOCK_MIN = 1, BLOCK_PREFERRED = 4096;

const NAMES = {
	[CMD.READ]: 'read', [CMD.WRITE]: 'write', [CMD.FLUSH]: 'flush',
	[CMD.TRIM]: 'trim', [CMD.ZEROES]: 'zero',
};
/* The flags that each command may have. */
const FLAGS_OF = {
	[CMD.READ]: CMD_FLAG.DF, [CMD.WRITE]: CMD_FLAG.FUA, [CMD.FLUSH]: 0,
	[CMD.TRIM]: CMD_FLAG.FUA, [CMD.ZEROES]: CMD_FLAG.FUA | CMD_FLAG.NO_HOLE,
};

/* What has come and was not parsed yet. */
class Input {
	constructor() {
		this.chunks = [];
		this.length = 0;
	}

	push(chunk) {
		if (chunk.length > 0)
			this.chunks.push(chunk);
		this.length += chunk.length;
	}

	/* The next `length` octets, which must be there. */
	take(length) {
		const first = this.chunks[0];
		this.length -= length;
		if (length === 0)
			return new Uint8Array(0);
		if (first.length > length) {
			this.chunks[0] = first.subarray(length);
			return first.subarray(0, length);
		}
		if (first.length === length)
			return this.chunks.shift();
		return this.gather(length);
	}

	gather(length) {
		const octets = new Uint8Array(length);
		let at = 0, used = 0;
		for (; at < length; used++) {
			const chunk = this.chunks[used];
			const part = chunk.subarray(0, length - at);
			octets.set(part, at);
			at += part.length;
			if (part.length < chunk.length) {
				this.chunks[used] = chunk.subarray(part.length);
				break;
			}
		}
		this.chunks.splice(0, used);
		return octets;
	}

	/* Throw away at most `length`; how much there was. */
	skip(length) {
		const there = Math.min(length, this.length);
		this.take(there);
		return there;
	}
}

/* Numbers of 16 and 32 bits, and octets, in network order. */
function pack(...fields) {
	const size = fields.reduce((sum, [bits, value]) =>
		sum + (bits ? bits / 8 : value.length), 0);
	const octets = new Uint8Array(size);
	const view = new DataView(octets.buffer);
	let at = 0;
	for (const [bits, value] of fields) {
		if (bits === 16)
			view.setUint16(at, value);
		else if (bits === 32)
			view.setUint32(at, value);
		else
			octets.set(value, at);
		at += bits ? bits / 8 : value.length;
	}
	return octets;
}
const u16 = (value) => [16, value];
const u32 = (value) => [32, value];
const u64 = (value) => [0, pack(u32(Math.floor(value / 2 ** 32)), u32(value >>> 0))];
const raw = (octets) => [0, octets];
const text = (string) => raw(new TextEncoder().encode(string));

function viewOf(octets) {
	return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}
/* A 64-bit number; beyond 2^53 what it is does not matter to us. */
function getU64(view, at) {
	return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}
function isMagic(view, magic) {
	return view.getUint32(0) === magic[0] && view.getUint32(4) === magic[1];
}

export class NbdServer {
	constructor(exported, handlers) {
		this.exported = exported;
		this.handlers = handlers;
		this.input = new Input();
		this.step = this.clientFlags;
		this.over = false;
		this.held = false;
		this.parsing = false;
		this.structured = false;
		this.options = 0;
		this.requests = 0;
		this.bytes = 0;
		this.leaving = false;
	}

	/* Greet the client. */
	start() {
		this.send(pack(...NBDMAGIC.map(u32), ...IHAVEOPT.map(u32),
			u16(FIXED_NEWSTYLE | NO_ZEROES)));
	}

	/* Octets of the client, as they come: they are ours from now on. */
	receive(octets) {
		if (this.over)
			return;
		this.input.push(octets);
		this.parse();
		if (this.input.length > MOST_INPUT[Boolean(this.exported.writable)])
			this.end('more requests than can be kept');
	}

	/* Go on, after `held` was unset. */
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

	/* The client is not there any more: nothing more comes out. */
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

	/* --- steps: each parses one thing, and is false if it was not there --- */

	clientFlags() {
		if (this.input.length < 4)
			return false;
		const flags = viewOf(this.input.take(4)).getUint32(0);
		if (flags & ~(FIXED_NEWSTYLE | NO_ZEROES))
			return this.end(`unknown client flags 0x${flags.toString(16)}`);
		this.fixed = Boolean(flags & FIXED_NEWSTYLE);
		this.noZeroes = Boolean(flags & NO_ZEROES);
		this.step = this.optionHeader;
		return true;
	}

	optionHeader() {
		if (this.input.length < 16)
			return false;
		const view = viewOf(this.input.take(16));
		this.option = { type: view.getUint32(8), length: view.getUint32(12) };
		if (!isMagic(view, IHAVEOPT))
			return this.end('an option without its magic number');
		if (this.option.length > MOST_OPTION)
			return this.end(`an option of ${this.option.length} bytes`);
		if (++this.options > MOST_OPTIONS)
			return this.end('too many options');
		if (!this.fixed && this.option.type !== OPT.EXPORT_NAME)
			return this.end('an option that was not negotiated');
		this.step = this.optionData;
		return true;
	}

	optionData() {
		if (this.input.length < this.option.length)
			return false;
		const data = this.input.take(this.option.length);
		this.step = this.optionHeader;
		switch (this.option.type) {
		case OPT.EXPORT_NAME:
			return this.exportName(data);
		case OPT.ABORT:
			this.reply(REP.ACK);
			return this.end(null);
		case OPT.LIST:
			return this.list(data);
		case OPT.INFO:
		case OPT.GO:
			return this.info(data);
		case OPT.STRUCTURED:
			return this.wantsStructured(data);
		default:
			return this.reply(ERR.UNSUP);
		}
	}

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

	/* A write is followed by its data, whether we want it or not. */
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

	/* --- the handshake ------------------------------------------------- */

	reply(type, ...fields) {
		const data = pack(...fields);
		this.send(pack(...OPTION_REPLY.map(u32), u32(this.option.type), u32(type),
			u32(data.length), raw(data)));
		return true;
	}

	knows(octets) {
		const name = new TextDecoder().decode(octets);
		return name === '' || name === this.exported.name;
	}

	transmissionFlags() {
		const { HAS_FLAGS, READ_ONLY, FLUSH, FUA, TRIM, ZEROES, DF } = FLAG;
		return HAS_FLAGS | FLUSH | (this.structured ? DF : 0) |
			(this.exported.writable ? FUA | TRIM | ZEROES : READ_ONLY);
	}

	exportName(octets) {
		if (!this.knows(octets))
			return this.end('an export that is not here');
		this.send(pack(u64(this.exported.size), u16(this.transmissionFlags()),
			raw(new Uint8Array(this.noZeroes ? 0 : 124))));
		return this.attach();
	}

	attach() {
		this.step = this.requestHeader;
		this.handlers.attached();
		return true;
	}

	list(data) {
		if (data.length > 0)
			return this.reply(ERR.INVALID);
		this.reply(REP.SERVER, u32(0), text(this.exported.description));
		return this.reply(REP.ACK);
	}

	wantsStructured(data) {
		if (data.length > 0)
			return this.reply(ERR.INVALID);
		this.structured = true;
		return this.reply(REP.ACK);
	}

	/* INFO and GO: a name, and what the client would like to know. */
	info(data) {
		const view = viewOf(data);
		const length = data.length >= 6 ? view.getUint32(0) : Infinity;
		if (length > data.length - 6)
			return this.reply(ERR.INVALID);
		const count = view.getUint16(4 + length);
		if (data.length !== 6 + length + 2 * count)
			return this.reply(ERR.INVALID);
		if (!this.knows(data.subarray(4, 4 + length)))
			return this.reply(ERR.UNKNOWN);
		const asked = new Set();
		for (let i = 0; i < count; i++)
			asked.add(view.getUint16(6 + length + 2 * i));
		this.inform(asked, data.subarray(4, 4 + length));
		this.reply(REP.ACK);
		return this.option.type === OPT.GO ? this.attach() : true;
	}

	inform(asked, name) {
		this.reply(REP.INFO, u16(INFO.EXPORT), u64(this.exported.size),
			u16(this.transmissionFlags()));
		if (asked.has(INFO.NAME))
			this.reply(REP.INFO, u16(INFO.NAME), raw(name));
		if (asked.has(INFO.DESCRIPTION))
			this.reply(REP.INFO, u16(INFO.DESCRIPTION),
				text(this.exported.description));
		if (asked.has(INFO.BLOCK_SIZE))
			this.reply(REP.INFO, u16(INFO.BLOCK_SIZE), u32(BLOCK_MIN),
				u32(BLOCK_PREFERRED), u32(MOST_REQUEST));
	}

	/* --- requests ------------------------------------------------------ */

	/* Why a request can't be: an error number, or 0. */
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

	/* The client's leave; what is under way is answered first. */
	leave() {
		this.requests--;
		this.leaving = true;
		return this.requests === 0 ? this.end(null) : false;
	}

	/* Answer a request: an error number or 0; of a read also its octets, in
	 * as many arrays as one likes. */
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

	/* What precedes the data of a structured reply, or tells the error. */
	sendChunk({ cookie, offset, length }, error) {
		const head = (type, size) => [u32(CHUNK), u16(CHUNK_DONE), u16(type),
			raw(cookie), u32(size)];
		if (error)
			this.send(pack(...head(CHUNK_ERROR, 6), u32(error), u16(0)));
		else
			this.send(pack(...head(CHUNK_DATA, 8 + length), u64(offset)));
	}
}
