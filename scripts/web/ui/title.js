/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The title of the tab: what happens, and on which machine. Runs in the page.
 */

import { LABELS } from '../words/en.js';

const parts = { serve: '', machine: '' };

/* Set a part: `serve` is the state of the image that this tab serves, `machine`
 * the name of the machine that the user is signed in to. */
export function setTitle(part, text) {
	parts[part] = text;
	const title = [parts.serve, parts.machine, LABELS.title]
		.filter(Boolean).join(' – ');
	if (document.title !== title)
		document.title = title;
}
