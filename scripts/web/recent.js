/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The addresses of the last images, without their secrets, in the storage of this
 * browser. Runs in the page.
 */

import { withoutSecrets } from './model.js';

const NAME = 'vmedia-recent';
const MOST = 5;

/* A browser may have no storage for this page. */
export function recent() {
	try {
		const list = JSON.parse(localStorage.getItem(NAME) ?? '[]');
		return Array.isArray(list) ? list.filter((one) =>
			typeof one === 'string').slice(0, MOST) : [];
	} catch {
		return [];
	}
}

export function remember(image) {
	keep([withoutSecrets(image), ...recent()]);
}

export function forgetRecent() {
	keep([]);
}

function keep(list) {
	try {
		localStorage.setItem(NAME,
			JSON.stringify([...new Set(list)].slice(0, MOST)));
	} catch {
		return; /* the list is only a help */
	}
}
