/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A curve of a rate over the last minutes. Runs in the page.
 */

import { shape } from './svg.js';

const WIDTH = 300, HEIGHT = 48; /* of the drawing, which is stretched */
const LEAST_SPAN = 60000, MOST_SPAN = 300000; /* ms for the whole width */
const LEAST = 100000; /* bytes a second: the least for the whole height */

export class Curve {
	/* Draws into the element `place`. */
	constructor(place) {
		this.area = shape('path', { class: 'area' });
		this.line = shape('path', { class: 'line', 'vector-effect':
			'non-scaling-stroke' });
		this.root = shape('svg', { class: 'curve', role: 'img',
			viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' },
		this.area, this.line);
		place.append(this.root);
	}

	/* Draw [{ at, rate }], `at` in ms; `label` describes the curve. */
	draw(samples, label, now = Date.now()) {
		this.root.setAttribute('aria-label', label);
		const span = Math.max(LEAST_SPAN, Math.min(MOST_SPAN,
			now - (samples[0]?.at ?? now)));
		const shown = samples.filter(({ at }) => at >= now - span);
		const most = Math.max(LEAST, ...shown.map(({ rate }) => rate));
		const points = shown.map(({ at, rate }) =>
			`${(WIDTH * (1 - (now - at) / span)).toFixed(1)} ` +
			(HEIGHT - 1 - (HEIGHT - 3) * rate / most).toFixed(1));
		const line = points.length > 0 ? `M${points.join('L')}` : '';
		this.line.setAttribute('d', line);
		this.area.setAttribute('d', line && `${line}V${HEIGHT}H${
			points[0].split(' ')[0]}Z`);
	}
}
