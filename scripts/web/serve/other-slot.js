/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Another slot of the same server. Runs in the page.
 */

import { $, put } from '../ui/dom.js';
import { SERVE } from '../words/en.js';

/* An empty slot with the drive that the image needs, while the chosen slot is in
 * use or has another drive. */
export function otherSlot({ name, why, others }, image) {
	if (name !== 'taken' &&
	    !(name === 'refused' && / has a (cd|disk) drive/.test(why)))
		return null;
	return others?.find(({ type }) => type === (image.cd ? 'cd' : 'disk'));
}

export function showOther(state, image) {
	const other = otherSlot(state, image);
	$('other').hidden = !other;
	put('other', other ? SERVE.useSlot(other.slot) : '');
}
