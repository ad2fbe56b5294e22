/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Takes octets from a stream that arrives, and builds octets to send. Numbers
 * are big-endian. Runs anywhere.
 */

/* A queue of octets that have arrived, but are not parsed yet. */
export class Input {
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

	/* Discard at most `length` octets; returns how many there were. */
	skip(length) {
		const there = Math.min(length, this.length);
		this.take(there);
		return there;
	}
}

/* One array of the given fields, each made by one of the functions below. */
export function pack(...fields) {
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
export const u16 = (value) => [16, value];
export const u32 = (value) => [32, value];
export const u64 = (value) =>
	[0, pack(u32(Math.floor(value / 2 ** 32)), u32(value >>> 0))];
export const raw = (octets) => [0, octets];
export const text = (string) => raw(new TextEncoder().encode(string));

export function viewOf(octets) {
	return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}
/* A 64-bit number. Above 2^53, it is rounded, but then it is out of range
 * anyway. */
export function getU64(view, at) {
	return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}
export function isMagic(view, magic) {
	return view.getUint32(0) === magic[0] && view.getUint32(4) === magic[1];
}
