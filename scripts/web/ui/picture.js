/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The picture of an image on a canvas: a cell for each part, in a stronger colour
 * the more of it was read. Runs in the page.
 */

const PITCH = 12, GAP = 2, ROUND = 2; /* CSS pixels */
const ROWS = 12;
const WRITTEN = 255, FULL = 254; /* as Coverage.cells() has them */

export class Picture {
	constructor(canvas) {
		this.canvas = canvas;
		this.cells = [];
	}

	/* How many cells there is room for. */
	get room() {
		this.columns = Math.max(8,
			Math.floor((this.canvas.clientWidth + GAP) / PITCH));
		return this.columns * ROWS;
	}

	/* Draw the given cells, or the last ones again. */
	draw(cells = this.cells) {
		const { canvas } = this;
		this.cells = cells;
		const scale = window.devicePixelRatio || 1;
		const width = canvas.clientWidth, height = ROWS * PITCH - GAP;
		canvas.width = Math.round(width * scale);
		canvas.height = Math.round(height * scale);
		const context = canvas.getContext('2d');
		context.scale(scale, scale);
		this.pitch = (width + GAP) / this.columns;
		const colours = this.colours();
		for (let i = 0; i < cells.length; i++)
			this.cell(context, i, cells[i], colours);
	}

	colours() {
		const style = getComputedStyle(this.canvas);
		const of = (name) => style.getPropertyValue(name).trim();
		return { none: of('--cell'), read: of('--cell-read'),
			written: of('--cell-written') };
	}

	cell(context, i, value, colours) {
		const side = this.pitch - GAP;
		const x = i % this.columns * this.pitch;
		const y = Math.floor(i / this.columns) * PITCH;
		const box = (colour) => {
			context.fillStyle = colour;
			context.beginPath();
			context.roundRect(x, y, side, PITCH - GAP, ROUND);
			context.fill();
		};
		box(value === WRITTEN ? colours.written : colours.none);
		if (value === 0 || value === WRITTEN)
			return;
		/* Even a few reads must be visible. */
		context.globalAlpha = 0.25 + 0.75 * value / FULL;
		box(colours.read);
		context.globalAlpha = 1;
	}
}
