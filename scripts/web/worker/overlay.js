/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the host writes: copy on write, in blocks of 64 KiB, in a file that kept.js
 * keeps. The user's own file is never changed. Runs in a dedicated worker.
 */

import { BLOCK, Kept } from './kept.js';

const WINDOW = 1 << 20; /* as in image.js */

/* A place of a block, as in kept.js: in the image; nowhere, because it is all
 * zeros; or, from FIRST on, in the file. */
const BASE = 0;
const ZERO = 1;
const FIRST = 2;

export class Overlay {
	static async create(image) {
		const { file, marks, size } = image;
		return new Overlay(image, await Kept.create({ name: file.name,
			fileSize: file.size, modified: file.lastModified, marks, size,
			saved: null }));
	}

	/* Open an overlay that a closed page has left; adopt() gives it its
	 * image. */
	static async open(id) {
		return new Overlay(null, await Kept.open(id));
	}

	constructor(image, kept) {
		this.kept = kept;
		this.id = kept.id;
		this.size = kept.about.size;
		this.places = kept.places;
		this.full = false; /* the last write found no room */
		this.turn = Promise.resolve();
		this.written = 0; /* blocks in the overlay */
		this.end = 0; /* blocks in the file */
		for (const place of this.places) {
			this.written += place !== BASE;
			this.end = Math.max(this.end, place - FIRST + 1);
		}
		const used = new Set(this.places);
		this.free = Array.from({ length: this.end }, (_, i) => i)
			.filter((i) => !used.has(i + FIRST));
		/* Increases with each change. */
		this.version = this.written > 0 ? 1 : 0;
		if (image)
			this.adopt(image);
	}

	/* Use this image from now on. */
	adopt(image) {
		this.image = image;
		image.windows.clear(); /* their digests were not noted */
		image.seen = (index, octets) =>
			this.kept.seen(index, octets).catch(() => {});
	}

	/* How a file differs from the one that the host wrote to: { modified, size,
	 * head, tail, read: MiB that the host has read, and that differ }, with what
	 * does not differ left out. told(share) reports progress. */
	async differences(image, told) {
		const { about } = this.kept;
		const found = {};
		if (image.file.lastModified !== about.modified)
			found.modified = true;
		if (image.file.size !== about.fileSize || image.size !== this.size)
			return { ...found, size: [about.fileSize, image.file.size] };
		const [head, tail] = image.marks.split(' ');
		if (!about.marks.split(' ').includes(head))
			found.head = true;
		if (!about.marks.split(' ').includes(tail))
			found.tail = true;
		const read = await this.misread(image, told);
		return read > 0 ? { ...found, read } : found;
	}

	/* How many of the windows that the host has read are different now. */
	async misread(image, told) {
		const count = Math.ceil(this.size / WINDOW);
		let differ = 0;
		for (let i = 0; i < count; i++) {
			if (!this.kept.hasSeen(i))
				continue;
			if (!await this.kept.isSame(i, await image.loadOctets(i)))
				differ++;
			told(i / count);
		}
		return differ;
	}

	get saved() {
		return this.kept.about.saved;
	}

	setSaved() {
		this.kept.setSaved(Date.now());
	}

	/* Leave the overlay for the next page. */
	close() {
		this.kept.close();
	}

	/* (Not a saved copy: the browser may still be downloading it.) */
	async remove() {
		await this.kept.remove();
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
		this.kept.readBlock(this.places[block] - FIRST,
			offset - block * BLOCK, octets);
		return octets;
	}

	/* A whole block that the host has written. */
	octetsOf(block) {
		return this.readBlock(block * BLOCK, this.sizeOf(block));
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
		try {
			await this.putBlock(offset, octets);
			this.full = false;
		} catch (error) {
			this.full = error.name === 'QuotaExceededError';
			throw error;
		}
	}

	async putBlock(offset, octets) {
		const block = Math.floor(offset / BLOCK);
		const within = offset - block * BLOCK;
		if (this.places[block] >= FIRST) {
			this.touch();
			this.kept.writeBlock(this.places[block] - FIRST, within, octets);
			return;
		}
		let whole = octets;
		if (octets.length < this.sizeOf(block)) {
			whole = await this.wholeBlock(block);
			whole.set(octets, within);
		}
		const index = this.free.pop() ?? this.end++;
		try {
			this.kept.writeBlock(index, 0, whole);
			this.place(block, index + FIRST);
		} catch (error) {
			this.free.push(index);
			throw error;
		}
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

	place(block, place) {
		const old = this.places[block];
		this.touch();
		this.kept.setPlace(block, place);
		if (old >= FIRST)
			this.free.push(old - FIRST);
		else if (old === BASE)
			this.written++;
	}

	/* The changed image is about to change. */
	touch() {
		this.version++;
		this.kept.setSaved(null);
	}

	sizeOf(block) {
		return Math.min(BLOCK, this.size - block * BLOCK);
	}

	flush() {
		return this.inTurn(() => this.kept.flush());
	}
}
