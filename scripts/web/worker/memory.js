/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A file in memory, with the functions of FileSystemSyncAccessHandle: for a
 * browser or a private window without a private file system. Runs anywhere.
 */

import { FILE } from '../words/en.js';

const PAGE = 64 << 10;
const MOST = 512 << 20; /* bytes */

export class MemoryFile {
	constructor() {
		this.pages = new Map();
		this.size = 0;
	}

	/* The parts of a range: [page, from, to, where in the range]. */
	*parts(at, length) {
		for (let done = 0; done < length;) {
			const page = Math.floor((at + done) / PAGE);
			const from = at + done - page * PAGE;
			const to = Math.min(PAGE, from + length - done);
			yield [page, from, to, done];
			done += to - from;
		}
	}

	read(octets, { at }) {
		const length = Math.max(0, Math.min(octets.length, this.size - at));
		for (const [page, from, to, done] of this.parts(at, length)) {
			const there = this.pages.get(page);
			if (there)
				octets.set(there.subarray(from, to), done);
			else
				octets.fill(0, done, done + to - from);
		}
		return length;
	}

	write(octets, { at }) {
		for (const [page, from, to, done] of this.parts(at, octets.length))
			this.page(page).set(octets.subarray(done, done + to - from), from);
		this.size = Math.max(this.size, at + octets.length);
		return octets.length;
	}

	page(index) {
		let page = this.pages.get(index);
		if (page)
			return page;
		if (this.pages.size * PAGE >= MOST)
			throw new DOMException(FILE.memoryFull,
				'QuotaExceededError');
		page = new Uint8Array(PAGE);
		this.pages.set(index, page);
		return page;
	}

	truncate(size) {
		this.size = size;
	}

	getSize() {
		return this.size;
	}

	flush() {}

	close() {
		this.pages.clear();
	}
}
