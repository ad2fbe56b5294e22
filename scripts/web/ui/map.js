/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A map of an image: a cell for each part, in a stronger colour the more of it
 * was read. Runs in the page.
 */

import { shape } from './svg.js';

const PITCH = 10, GAP = 1.6, COLUMNS = 32;

export class Map64 {
	/* Draws into the element `place`. */
	constructor(place) {
		this.cells = [];
		this.root = shape('svg', { class: 'map', role: 'img' });
		place.prepend(this.root);
	}

	/* Draw a hex digit, 0 to f, for each part; `label` describes the
	 * map. */
	draw(digits, label) {
		this.root.setAttribute('aria-label', label);
		if (this.cells.length !== digits.length)
			this.make(digits.length);
		this.cells.forEach((cell, i) => {
			const share = parseInt(digits[i], 16) / 15;
			cell.setAttribute('class', share > 0 ? 'read' : 'none');
			/* Even a few reads must be visible. */
			cell.setAttribute('fill-opacity', share > 0 ?
				(0.3 + 0.7 * share).toFixed(2) : 1);
		});
	}

	make(count) {
		const side = PITCH - GAP;
		this.cells = Array.from({ length: count }, (_, i) => shape('rect', {
			x: i % COLUMNS * PITCH, y: Math.floor(i / COLUMNS) * PITCH,
			width: side, height: side, rx: 1.6 }));
		this.root.setAttribute('viewBox', `0 0 ${COLUMNS * PITCH - GAP} ${
			Math.ceil(count / COLUMNS) * PITCH - GAP}`);
		this.root.replaceChildren(...this.cells);
	}
}

/* The share of the image that was read, from its map. */
export const shareOf = (digits) => digits.length === 0 ? 0 :
	[...digits].reduce((sum, digit) => sum + parseInt(digit, 16), 0) /
	(15 * digits.length);
