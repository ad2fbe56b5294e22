/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The fields that say when the slot ejects the image by itself. Runs in the
 * page.
 */

import { $ } from '../ui/dom.js';

const LIMITS = ['expires', 'idle', 'degraded'];

/* The limits that are set, in seconds, by the server's names for them. */
export function limits() {
	return Object.fromEntries(LIMITS.map((id) => [id, $(id).value])
		.filter(([, seconds]) => seconds));
}

export function enableLimits(enabled) {
	for (const id of LIMITS)
		$(id).disabled = !enabled;
}
