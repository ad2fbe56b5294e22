/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The elements of index.html, by their id. Runs in the page.
 */

export const $ = (id) => document.getElementById(id);

/* Set a text, but only if it differs: a screen reader speaks each change of a
 * live region. */
export function put(id, text) {
	if ($(id).textContent !== text)
		$(id).textContent = text;
}
