/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A file that the user has chosen, as an image. It is read in windows of 1 MiB,
 * because a browser takes most of a millisecond for a read of any size. The 32
 * windows that were used last are kept. When reads go on from one window into
 * the next, the next two are read ahead. Runs in the worker, and in node, where
 * a file is any object with the name, size, lastModified and slice() of File.
 */

import { HEAD, notImage } from './kind.js';
import { FILE } from '../words/en.js';

const WINDOW = 1 << 20;
const WINDOWS = 32;
const AHEAD = 2;
const TRUSTED = 30000; /* ms from one check of the file to the next */

const SECTOR = 512;
const CD_SECTOR = 2048;
const CD_SECTORS = 300; /* the shortest track of a CD */
const CD_MAGIC_AT = 16 * CD_SECTOR + 1;
const VOLUMES = 16; /* descriptors that are read */
const UDF_ANCHOR = 256; /* the block of UDF's anchor */
const LONGEST_NAME = 200;

const hex = (octets) => Array.from(octets,
	(octet) => octet.toString(16).padStart(2, '0')).join('');

async function octetsOf(file, from, to) {
	return new Uint8Array(await file.slice(from, to).arrayBuffer());
}
async function digest(octets) {
	return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', octets)));
}
/* Digests by which a file differs from others, and from its older versions. */
async function marksOf(file) {
	const head = await octetsOf(file, 0, WINDOW);
	const tail = await octetsOf(file,
		Math.max(0, file.size - WINDOW), file.size);
	return `head=${await digest(head)} tail=${await digest(tail)}`;
}
/* A name as one word: without spaces and control characters. */
function plain(name) {
	return [...name].slice(0, LONGEST_NAME).join('')
		.replace(/[\s\p{C}]/gu, '_');
}

/* The marks of the volume descriptors: 'CD001' is ISO 9660, 'NSR02' and 'NSR03'
 * are UDF. */
async function volumesOf(file) {
	const octets = await octetsOf(file, CD_MAGIC_AT - 1,
		CD_MAGIC_AT - 1 + VOLUMES * CD_SECTOR);
	const marks = [];
	for (let at = 1; at + 5 <= octets.length; at += CD_SECTOR)
		marks.push(String.fromCharCode(...octets.subarray(at, at + 5)));
	return marks;
}

/* Does UDF have an anchor at its place for blocks of that size? */
async function hasAnchor(file, block) {
	const at = UDF_ANCHOR * block;
	const octets = await octetsOf(file, at, at + 16);
	if (octets.length < 16)
		return false;
	const view = new DataView(octets.buffer);
	return view.getUint16(0, true) === 2 &&
		view.getUint32(12, true) === UDF_ANCHOR;
}

async function hasPartitions(file) {
	const octets = await octetsOf(file, 446, 512);
	return octets.length === 66 && octets[64] === 0x55 &&
		octets[65] === 0xaa && octets.subarray(0, 64).some((o) => o > 0);
}

/* Is the file an image for a CD drive? It is if it has ISO 9660, or UDF with
 * blocks of 2048 bytes and no partition table, as for vm-probe. */
async function isCd(file) {
	const marks = await volumesOf(file);
	if (marks[0] === 'CD001')
		return true;
	return marks.some((mark) => mark === 'NSR02' || mark === 'NSR03') &&
		!await hasAnchor(file, 512) && await hasAnchor(file, CD_SECTOR) &&
		!await hasPartitions(file);
}

export class Image {
	/* Read a file's marks; throws if the file can't be read or is empty. */
	static async open(file) {
		if (file.size === 0)
			throw new Error(FILE.empty);
		const cd = await isCd(file);
		const why = cd ? null : notImage(await octetsOf(file, 0, HEAD));
		if (why)
			throw Object.assign(new Error(why), { name: 'NotImage' });
		return new Image(file, cd, await marksOf(file));
	}

	constructor(file, cd, marks) {
		this.file = file;
		this.cd = cd;
		this.marks = marks;
		this.description = `page:${plain(file.name)} size=${file.size} ` +
			`mtime=${file.lastModified} ${marks}`;
		this.size = cd ?
			Math.max(Math.ceil(file.size / CD_SECTOR), CD_SECTORS) *
				CD_SECTOR :
			Math.ceil(file.size / SECTOR) * SECTOR;
		this.count = Math.ceil(this.size / WINDOW);
		this.windows = new Map(); /* the one used last is at the end */
		this.changed = null; /* the error of the first failed read */
		this.checked = Date.now();
		this.checking = null; /* the promise of the last check */
		this.seen = null; /* called with each window that was read */
	}

	/* The octets, as views in order, if they are in memory; otherwise
	 * null. */
	cached(offset, length) {
		const parts = [];
		for (const [index, from, to] of pieces(offset, length)) {
			const octets = this.windows.get(index)?.octets;
			if (!octets || this.changed)
				return null;
			this.use(index);
			parts.push(octets.subarray(from, to));
		}
		return parts;
	}

	/* The octets, as views in order. */
	async read(offset, length) {
		const wanted = [...pieces(offset, length)].map(([index, from, to]) =>
			this.use(index).then((octets) => octets.subarray(from, to)));
		return this.guard(Promise.all(wanted));
	}

	/* Throws if the file has changed. Chromium refuses to read a changed
	 * file, but Gecko reads its present content (w3c/FileAPI issue 47). */
	check() {
		this.checked = Date.now();
		this.checking = this.guard(this.compare());
		return this.checking;
	}

	async compare() {
		if (await marksOf(this.file) !== this.marks)
			throw new Error(FILE.otherEnds);
	}

	/* Check again if the last check is old; wait if a check is under
	 * way. */
	recheck() {
		return Date.now() - this.checked > TRUSTED ?
			this.check() : this.checking;
	}

	/* The octets of a window that is needed now; reads ahead after it. */
	use(index) {
		const promise = this.fetch(index);
		if (index === 0 || this.windows.has(index - 1))
			for (let i = 1; i <= AHEAD && index + i < this.count; i++)
				if (!this.windows.has(index + i))
					this.fetch(index + i).catch(() => {});
		return promise;
	}

	fetch(index) {
		let window = this.windows.get(index);
		if (window)
			this.windows.delete(index);
		else
			window = this.load(index);
		this.windows.set(index, window);
		if (this.windows.size > WINDOWS)
			this.windows.delete(this.windows.keys().next().value);
		return window.promise;
	}

	load(index) {
		const window = { octets: null };
		window.promise = this.guard(this.loadOctets(index)).then((octets) => {
			this.seen?.(index, octets);
			window.octets = octets;
			return octets;
		});
		return window;
	}

	/* A window of the image; after the end of the file it is filled with zeros. */
	async loadOctets(index) {
		const from = index * WINDOW;
		const size = Math.min(WINDOW, this.size - from);
		const there = Math.max(0, Math.min(size, this.file.size - from));
		const octets = await octetsOf(this.file, from, from + there);
		if (octets.length !== there)
			throw new Error(FILE.shorter);
		await this.recheck(); /* last: finds a change during the read */
		if (there === size)
			return octets;
		const padded = new Uint8Array(size);
		padded.set(octets);
		return padded;
	}

	/* After one read has failed, every read fails, because the windows in
	 * memory may be of another version of the file. */
	async guard(promise) {
		try {
			const result = await promise;
			if (!this.changed)
				return result;
		} catch (error) {
			this.changed ??= error;
			this.windows.clear();
		}
		throw this.changed;
	}
}

/* [index, from, to] of each window that a range touches. */
function* pieces(offset, length) {
	for (let at = offset; at < offset + length;) {
		const index = Math.floor(at / WINDOW);
		const from = at - index * WINDOW;
		const to = Math.min(WINDOW, from + offset + length - at);
		yield [index, from, to];
		at += to - from;
	}
}
