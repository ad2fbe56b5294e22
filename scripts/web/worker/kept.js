/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The file that keeps what the host writes, in the origin's private file system
 * (https://fs.spec.whatwg.org): it survives a reload, a crash and a closed tab.
 * Runs in a dedicated worker: only there can such a file be written in place.
 *
 * The file overlay-ID consists of
 *	the header, 64 KiB: MAGIC, JSON { name, fileSize, modified, marks, size,
 *		saved }, and zeros;
 *	the places, an unsigned 32-bit number in little-endian for each block of the
 *		image: 0 if it was not written, 1 if it is all zeros, otherwise the
 *		number of a block of this file, plus 2;
 *	the digests, 8 octets for each MiB of the image that was read: the first ones
 *		of its SHA-256, or zeros;
 *	zeros up to a multiple of 64 KiB, and the blocks.
 *
 * A block is written before its place is. A page that uses the file holds the Web
 * Lock of the same name, which ends with the page.
 */

import { MemoryFile } from './memory.js';
import { FILE } from '../words/en.js';

export const BLOCK = 64 << 10;
const WINDOW = 1 << 20;
const DIGEST = 8;
const PREFIX = 'overlay-';
const SAVED = '-saved'; /* ends the name of a copy that is being downloaded */
const MAGIC = 'vmedia overlay 1\n';
const ID = 16; /* hexadecimal digits */

const upTo = (size, unit) => Math.ceil(size / unit) * unit;

const placesOf = (size) => Math.ceil(size / BLOCK);
const digestsAt = (size) => BLOCK + placesOf(size) * 4;
const blocksAt = (size) =>
	upTo(digestsAt(size) + Math.ceil(size / WINDOW) * DIGEST, BLOCK);

function header(about) {
	const octets = new Uint8Array(BLOCK);
	octets.set(new TextEncoder().encode(MAGIC + JSON.stringify(about)));
	return octets;
}
/* The values of a header, or null if it is not a header. */
function parse(octets) {
	const text = new TextDecoder().decode(octets).replace(/\0+$/, '');
	try {
		return text.startsWith(MAGIC) ?
			JSON.parse(text.slice(MAGIC.length)) : null;
	} catch {
		return null;
	}
}

async function place() {
	if (!globalThis.FileSystemFileHandle?.prototype.createSyncAccessHandle ||
	    !navigator.locks)
		return null;
	try {
		return await navigator.storage.getDirectory();
	} catch {
		return null; /* as in a private window of Firefox */
	}
}

/* Take the lock of an overlay. Resolves to a function that releases it, or to
 * null if another page has it. */
function hold(id) {
	return new Promise((held, failed) => {
		navigator.locks.request(PREFIX + id, { ifAvailable: true },
			(lock) => lock ? new Promise((release) => held(release)) :
				held(null)).catch(failed);
	});
}

/* Call use() while we hold the lock of this overlay, or busy() if another page
 * has it. */
function alone(id, use, busy = () => null) {
	return navigator.locks.request(PREFIX + id, { ifAvailable: true },
		(lock) => lock ? use() : busy());
}

async function describe(directory, id) {
	const entry = await directory.getFileHandle(PREFIX + id);
	const file = await entry.getFile();
	const part = async (from, to) =>
		new Uint8Array(await file.slice(from, to).arrayBuffer());
	const about = parse(await part(0, BLOCK));
	if (!about)
		return { id, date: file.lastModified, bytes: file.size };
	const places = new Uint32Array(
		(await part(BLOCK, digestsAt(about.size))).buffer);
	const written = places.reduce((sum, at) => sum + (at > 0), 0);
	if (written === 0) {
		await directory.removeEntry(PREFIX + id); /* nothing is lost */
		return null;
	}
	return { id, date: file.lastModified, name: about.name, saved: about.saved,
		bytes: written * BLOCK };
}

const awaited = new Set(); /* overlays that whenLeft() waits for */

/* Call `left` when the page that uses this overlay has left it. */
function whenLeft(id, left) {
	if (awaited.has(id))
		return;
	awaited.add(id);
	navigator.locks.request(PREFIX + id, {}, () => awaited.delete(id))
		.then(left).catch(() => {});
}

/* The overlays that closed pages have left: { id, name, date, saved, bytes },
 * without a name if one can't be read. Removes copies for downloads that have
 * ended. Calls left() when another page has left its overlay. */
export async function leftovers(left) {
	const directory = await place();
	const found = [];
	if (!directory)
		return found;
	const names = [];
	for await (const name of directory.keys())
		if (name.startsWith(PREFIX))
			names.push(name);
	for (const name of names) {
		const id = name.slice(PREFIX.length, PREFIX.length + ID);
		const one = await (name.endsWith(SAVED) ?
			alone(id + SAVED, () => directory.removeEntry(name)) :
			alone(id, () => describe(directory, id),
				() => whenLeft(id, left))).catch(() => null);
		if (one)
			found.push(one);
	}
	return found.sort((a, b) => b.date - a.date);
}

/* Remove an overlay that a closed page has left. */
export async function forget(id) {
	const directory = await place();
	await alone(id, () => directory.removeEntry(PREFIX + id));
}

const copies = new Set(); /* the ids for which this page has such a copy */

/* A file of the private file system that a download reads, as long as this page
 * is open. */
export async function copyFor(id) {
	if (!copies.has(id) && !await hold(id + SAVED))
		throw new Error(FILE.isSaving);
	copies.add(id);
	return (await place()).getFileHandle(PREFIX + id + SAVED, { create: true });
}

export class Kept {
	/* Make a new file; in memory, if there is no private file system. */
	static async create(about) {
		const id = Array.from(crypto.getRandomValues(new Uint8Array(ID / 2)),
			(octet) => octet.toString(16).padStart(2, '0')).join('');
		const directory = await place();
		if (directory) {
			const release = await hold(id);
			try {
				const entry = await directory.getFileHandle(PREFIX + id,
					{ create: true });
				return new Kept(id, about,
					await entry.createSyncAccessHandle(), release)
					.begin();
			} catch {
				await directory.removeEntry(PREFIX + id).catch(() => {});
				release();
			}
		}
		return new Kept(id, about, new MemoryFile(), null).begin();
	}

	/* Open an overlay that a closed page has left. */
	static async open(id) {
		const directory = await place();
		const release = directory && await hold(id);
		if (!release)
			throw new Error(FILE.inUse);
		try {
			const entry = await directory.getFileHandle(PREFIX + id);
			const handle = await entry.createSyncAccessHandle();
			const octets = new Uint8Array(BLOCK);
			handle.read(octets, { at: 0 });
			return new Kept(id, parse(octets), handle, release).load();
		} catch (error) {
			release();
			throw error;
		}
	}

	constructor(id, about, handle, release) {
		this.id = id;
		this.about = about;
		this.handle = handle;
		this.release = release;
		this.memory = handle instanceof MemoryFile;
		this.places = new Uint32Array(placesOf(about.size));
		this.digests = new Uint8Array(
			Math.ceil(about.size / WINDOW) * DIGEST);
		this.blocks = blocksAt(about.size); /* where they begin */
	}

	begin() {
		this.handle.truncate(this.blocks);
		this.writeAt(0, header(this.about));
		return this;
	}

	load() {
		this.handle.read(new Uint8Array(this.places.buffer), { at: BLOCK });
		this.handle.read(this.digests, { at: digestsAt(this.about.size) });
		return this;
	}

	writeAt(at, octets) {
		if (this.handle.write(octets, { at }) !== octets.length)
			throw new DOMException('short write', 'QuotaExceededError');
	}

	readBlock(index, within, octets) {
		const at = this.blocks + index * BLOCK + within;
		if (this.handle.read(octets, { at }) !== octets.length)
			throw new Error(FILE.overlayShort);
	}

	writeBlock(index, within, octets) {
		this.writeAt(this.blocks + index * BLOCK + within, octets);
	}

	/* Set where a block of the image is: a value of `places`. */
	setPlace(block, value) {
		this.writeAt(BLOCK + block * 4, new Uint8Array(
			Uint32Array.of(value).buffer));
		this.places[block] = value;
	}

	/* Note the digest of a window when it is read for the first time. */
	async seen(index, octets) {
		const digest = await digestOf(octets);
		const at = index * DIGEST;
		if (this.closed || this.hasSeen(index))
			return;
		this.digests.set(digest, at);
		this.writeAt(digestsAt(this.about.size) + at, digest);
	}

	hasSeen(index) {
		return this.digests.subarray(index * DIGEST, (index + 1) * DIGEST)
			.some((octet) => octet > 0);
	}

	/* Are these the octets that were read the first time? */
	async isSame(index, octets) {
		const digest = await digestOf(octets);
		return digest.every((octet, i) =>
			octet === this.digests[index * DIGEST + i]);
	}

	setSaved(saved) {
		if (this.about.saved === saved)
			return;
		this.about.saved = saved;
		this.writeAt(0, header(this.about));
	}

	flush() {
		this.handle.flush();
	}

	/* Leave it for the next page. */
	close() {
		this.closed = true;
		this.handle.close();
		this.release?.();
	}

	async remove() {
		this.closed = true;
		this.handle.close();
		if (!this.memory)
			await (await place()).removeEntry(PREFIX + this.id);
		this.release?.();
	}
}

async function digestOf(octets) {
	return new Uint8Array(await crypto.subtle.digest('SHA-256', octets),
		0, DIGEST);
}
