/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * When the slot ejects the image by itself: the fields of the form. Runs in the
 * page.
 */

import { $ } from '../ui/dom.js';

const LIMITS = ['expires', 'idle', 'degraded'];

/* Seconds, by the names that the server has for them; without a limit, none. */
export function limits() {
	return Object.fromEntries(LIMITS.map((id) => [id, $(id).value])
		.filter(([, seconds]) => seconds));
}

export function enableLimits(enabled) {
	for (const id of LIMITS)
		$(id).disabled = !enabled;
}
