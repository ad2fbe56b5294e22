/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Which parts of an image the host has read and written, in units of 64 KiB: for
 * the picture of the image, and for the words beside it. Runs anywhere.
 */

const UNIT = 64 << 10;

export const READ = 1, WRITTEN = 2;

export class Coverage {
	constructor(size) {
		this.size = size;
		this.units = new Uint8Array(Math.ceil(size / UNIT));
		this.read = 0; /* units */
	}

	mark(offset, length, what) {
		const end = Math.min(this.units.length - 1,
			Math.floor((offset + length - 1) / UNIT));
		for (let unit = Math.floor(offset / UNIT); unit <= end; unit++) {
			if (what === READ && !(this.units[unit] & READ))
				this.read++;
			this.units[unit] |= what;
		}
	}

	/* The share of the image that was read, from 0 to 1. */
	get share() {
		return this.read / this.units.length;
	}

	/* `count` cells, each for an equal part of the image: 0 to 254 for the
	 * share that was read, or 255 if anything in the part was written. */
	cells(count) {
		const cells = new Uint8Array(count);
		const each = this.units.length / count;
		for (let i = 0; i < count; i++) {
			const from = Math.floor(i * each);
			const to = Math.max(from + 1, Math.floor((i + 1) * each));
			cells[i] = this.cell(this.units.subarray(from, to));
		}
		return cells;
	}

	cell(units) {
		let read = 0;
		for (const unit of units) {
			if (unit & WRITTEN)
				return 255;
			read += unit & READ;
		}
		return Math.ceil(read / units.length * 254);
	}
}
