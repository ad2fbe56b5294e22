/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The handshake of the NBD server: the greeting, and the options until the
 * client chooses the export. Runs anywhere.
 *
 *	new Handshake(input, { size, name, description, writable }, {
 *		send(octets)          for the client, in order
 *		attached(structured)  the client chose the export; with structured
 *				      replies, or without
 *		ended(fault)          the client gave up (fault is null), or broke
 *				      the protocol
 *	});
 *
 * step() parses the next thing in `input`. It returns false when that has not
 * arrived completely, and after ended().
 */

import { FIXED_NEWSTYLE, NO_ZEROES, NBDMAGIC, IHAVEOPT, OPTION_REPLY, OPT, REP,
	ERR, INFO, FLAG, MOST_REQUEST } from './protocol.js';
import { isMagic, pack, raw, text, u16, u32, u64, viewOf } from './octets.js';

const MOST_OPTIONS = 64;
const MOST_OPTION = 64 << 10; /* bytes */
const BLOCK_MIN = 1, BLOCK_PREFERRED = 4096;

export class Handshake {
	constructor(input, exported, handlers) {
		this.input = input;
		this.exported = exported;
		this.handlers = handlers;
		this.step = this.clientFlags;
		this.structured = false;
		this.options = 0;
	}

	/* Greet the client. */
	start() {
		this.handlers.send(pack(...NBDMAGIC.map(u32), ...IHAVEOPT.map(u32),
			u16(FIXED_NEWSTYLE | NO_ZEROES)));
	}

	end(fault) {
		this.handlers.ended(fault);
		return false;
	}

	/* --- steps --------------------------------------------------------- */

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

	/* --- options -------------------------------------------------------- */

	reply(type, ...fields) {
		const data = pack(...fields);
		this.handlers.send(pack(...OPTION_REPLY.map(u32),
			u32(this.option.type), u32(type), u32(data.length), raw(data)));
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
		this.handlers.send(pack(u64(this.exported.size),
			u16(this.transmissionFlags()),
			raw(new Uint8Array(this.noZeroes ? 0 : 124))));
		return this.attach();
	}

	attach() {
		this.handlers.attached(this.structured);
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

	/* INFO and GO: the client sends a name and a list of information
	 * requests. */
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
}
