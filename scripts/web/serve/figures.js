/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How much the host has read and written, how fast, and where. Runs in the page.
 */

import { $, put } from '../ui/dom.js';
import { Curve } from '../ui/curve.js';
import { Picture } from '../ui/picture.js';
import { duration, size } from '../words/format.js';
import { SERVE } from '../words/en.js';

const LULL = 3000; /* ms without a read: the host is not reading now */
const SAMPLES = 7; /* the rate is the mean of this many */

const HISTORY = 600; /* samples of the rate that the curve shows */

const picture = new Picture($('picture'));
const curve = new Curve($('curve'));

export class Figures {
	constructor() {
		this.samples = [];
		this.history = []; /* { at, rate } */
		this.lastRead = 0;
		this.openedAt = 0;
	}

	get reads() {
		return Date.now() - this.lastRead < LULL;
	}

	/* Add a sample: how many bytes the host has read by now. */
	sample(read) {
		const { samples } = this;
		const at = Date.now();
		if (samples.length === 0 || read > samples.at(-1).read)
			this.lastRead = read > 0 ? at : 0;
		samples.push({ at, read });
		while (samples.length > SAMPLES)
			samples.shift();
		this.history.push({ at, rate: this.rate });
		this.history.splice(0, this.history.length - HISTORY);
	}

	/* Bytes a second. */
	get rate() {
		const [first] = this.samples;
		const last = this.samples.at(-1);
		return last && last.at > first.at ?
			(last.read - first.read) / (last.at - first.at) * 1000 : 0;
	}

	/* Show the worker's answer to 'look'; `whole` is the size of the
	 * image. */
	show({ bytes, share, cells, changes }, whole, active) {
		put('bytes', size(bytes.read));
		put('rate', active && this.rate > 0 ? `${size(this.rate)}/s` : '–');
		put('time', active ? duration(Date.now() - this.openedAt) : '–');
		$('written-figure').hidden = $('written-legend').hidden =
			changes === 0;
		put('written', size(bytes.written));
		put('share', SERVE.share(share, whole));
		picture.draw(cells);
		curve.draw(this.history, SERVE.curve(this.rate, this.history));
		$('picture').setAttribute('aria-label', SERVE.wereRead(share, whole));
	}
}

/* How many cells the picture has room for. */
export const room = () => picture.room;

matchMedia('(prefers-color-scheme: dark)').addEventListener('change',
	() => picture.draw());
