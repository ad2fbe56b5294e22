/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the host writes: copy on write, in blocks of 64 KiB, in a file of the
 * origin's private file system. The user's own file is never changed. A page that
 * is closed leaves its overlay behind, and the next page removes it. Runs in a
 * dedicated worker: only there can such a file be read and written in place.
 */

const BLOCK = 64 << 10;
const PREFIX = 'overlay-';
const SAVE = 4 << 20;

/* Where a block is: its index in the overlay's file, or one of these */
const BASE = -1; /* the host has not written it: it is in the image */
const ZERO = -2; /* it was wiped: it is all zeros */

const ID = 16; /* hexadecimal digits */

/* Show other pages that this one is alive: the lock ends with the worker. */
function hold(name) {
	return new Promise((held) => {
		navigator.locks.request(name, () => {
			held();
			return new Promise(() => {});
		});
	});
}

/* Remove the overlays of closed pages, and the files that those saved. */
export async function removeStale() {
	if (!navigator.storage?.getDirectory || !navigator.locks)
		return;
	const directory = await navigator.storage.getDirectory();
	const { held } = await navigator.locks.query();
	const alive = new Set(held.map(({ name }) => name));
	for await (const name of directory.keys())
		if (name.startsWith(PREFIX) &&
				!alive.has(name.slice(0, PREFIX.length + ID)))
			await directory.removeEntry(name).catch(() => {});
}

export class Overlay {
	static async create(image) {
		if (!globalThis.FileSystemFileHandle?.prototype.createSyncAccessHandle)
			throw new Error('this browser can’t keep what a host writes; ' +
				'clear “The host may write” and connect again');
		await removeStale();
		const id = Array.from(crypto.getRandomValues(new Uint8Array(ID / 2)),
			(octet) => octet.toString(16).padStart(2, '0')).join('');
		await hold(PREFIX + id);
		const directory = await navigator.storage.getDirectory();
		const entry = await directory.getFileHandle(PREFIX + id,
			{ create: true });
		return new Overlay(image, id, await entry.createSyncAccessHandle());
	}

	constructor(image, id, file) {
		this.image = image;
		this.id = id;
		this.file = file;
		this.size = image.size;
		this.places = new Int32Array(Math.ceil(this.size / BLOCK)).fill(BASE);
		this.free = [];
		this.end = 0;
		this.written = 0; /* blocks in the overlay */
		this.version = 0; /* differs after each change */
		this.turn = Promise.resolve();
	}

	/* (Not what was saved: the browser may still be downloading that.) */
	async remove() {
		this.file.close();
		const directory = await navigator.storage.getDirectory();
		await directory.removeEntry(PREFIX + this.id);
	}

	/* --- reads --------------------------------------------------------- */

	/* [is it in the image?, offset, length] of each part of a range. */
	*runs(offset, length) {
		const end = offset + length;
		for (let at = offset; at < end;) {
			let block = Math.floor(at / BLOCK);
			const ours = this.places[block] !== BASE;
			let to = (block + 1) * BLOCK;
			while (!ours && to < end && this.places[++block] === BASE)
				to += BLOCK;
			yield [!ours, at, Math.min(to, end) - at];
			at = to;
		}
	}

	cached(offset, length) {
		const parts = [];
		for (const [base, at, size] of this.runs(offset, length)) {
			const found = base ? this.image.cached(at, size) :
				[this.readBlock(at, size)];
			if (!found)
				return null;
			parts.push(...found);
		}
		return parts;
	}

	async read(offset, length) {
		const parts = [...this.runs(offset, length)].map(([base, at, size]) =>
			base ? this.image.read(at, size) : [this.readBlock(at, size)]);
		return (await Promise.all(parts)).flat();
	}

	/* Read within one block of the overlay. */
	readBlock(offset, length) {
		const block = Math.floor(offset / BLOCK);
		const octets = new Uint8Array(length);
		if (this.places[block] === ZERO)
			return octets;
		const at = this.places[block] * BLOCK + offset - block * BLOCK;
		if (this.file.read(octets, { at }) !== length)
			throw new Error('the overlay file is too short');
		return octets;
	}

	/* --- writes: one after another ------------------------------------- */

	inTurn(change) {
		const turn = this.turn.then(change);
		this.turn = turn.catch(() => {});
		return turn;
	}

	write(offset, octets) {
		return this.inTurn(async () => {
			for (let done = 0; done < octets.length;) {
				const at = offset + done;
				const size = Math.min(octets.length - done,
					BLOCK - at % BLOCK);
				await this.writeBlock(at,
					octets.subarray(done, done + size));
				done += size;
			}
		});
	}

	/* Fill with zeros. `wholeOnly`: only whole blocks, as a trim allows. */
	zero(offset, length, { noHole = false, wholeOnly = false } = {}) {
		return this.inTurn(async () => {
			const end = offset + length;
			for (let at = offset; at < end;) {
				const block = Math.floor(at / BLOCK);
				const to = Math.min((block + 1) * BLOCK, end);
				const whole = at === block * BLOCK &&
					to - at === this.sizeOf(block);
				if (whole && !noHole)
					this.place(block, ZERO);
				else if (!wholeOnly)
					await this.writeBlock(at, new Uint8Array(to - at));
				at = to;
			}
		});
	}

	async writeBlock(offset, octets) {
		const block = Math.floor(offset / BLOCK);
		const within = offset - block * BLOCK;
		if (this.places[block] >= 0) {
			this.put(this.places[block] * BLOCK + within, octets);
			return;
		}
		let whole = octets;
		if (octets.length < this.sizeOf(block)) {
			whole = await this.wholeBlock(block);
			whole.set(octets, within);
		}
		const place = this.free.pop() ?? this.end++;
		try {
			this.put(place * BLOCK, whole);
		} catch (error) {
			this.free.push(place);
			throw error;
		}
		this.place(block, place);
	}

	/* A copy of a block, with what was written to it. */
	async wholeBlock(block) {
		const octets = new Uint8Array(this.sizeOf(block));
		let at = 0;
		for (const part of await this.read(block * BLOCK, octets.length)) {
			octets.set(part, at);
			at += part.length;
		}
		return octets;
	}

	put(at, octets) {
		this.version++;
		if (this.file.write(octets, { at }) !== octets.length)
			throw new DOMException('short write', 'QuotaExceededError');
	}

	place(block, place) {
		this.version++;
		const old = this.places[block];
		if (old >= 0)
			this.free.push(old);
		else if (old === BASE)
			this.written++;
		this.places[block] = place;
	}

	sizeOf(block) {
		return Math.min(BLOCK, this.size - block * BLOCK);
	}

	flush() {
		return this.inTurn(() => this.file.flush());
	}

	/* --- the changed image --------------------------------------------- */

	/* The whole image in pieces, in order; told(offset) reports progress. */
	async *merged(told) {
		for (let at = 0; at < this.size; at += SAVE) {
			told(at);
			yield* await this.read(at, Math.min(SAVE, this.size - at));
		}
		told(this.size);
	}

	/* Write the changed image to the handle of a file. */
	async saveTo(handle, told) {
		const stream = await handle.createWritable();
		try {
			for await (const octets of this.merged(told))
				await stream.write(octets);
			await stream.close();
		} catch (error) {
			await stream.abort().catch(() => {});
			throw error;
		}
	}

	/* Write it to a file of the private file system, for a download. */
	async saveOwn(told) {
		const directory = await navigator.storage.getDirectory();
		const entry = await directory.getFileHandle(
			`${PREFIX}${this.id}-saved`, { create: true });
		const file = await entry.createSyncAccessHandle();
		try {
			let at = 0;
			file.truncate(0);
			for await (const octets of this.merged(told))
				at += file.write(octets, { at });
			if (at !== this.size)
				throw new DOMException('short write',
					'QuotaExceededError');
		} finally {
			file.close();
		}
		return entry.getFile();
	}
}
