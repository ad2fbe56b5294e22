/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Which file belongs to which unfinished upload, in the storage of this
 * browser: a user who chooses the same file after the page was closed continues
 * its upload. Stores only a path and a name, no token. Runs in the page.
 */

const NAME = 'vmedia-uploads';
const MOST = 20;

const keyOf = ({ name, size, lastModified }) => `${name}|${size}|${lastModified}`;

/* A browser may have no storage for this page. */
function read() {
	try {
		const all = JSON.parse(localStorage.getItem(NAME) ?? '[]');
		return Array.isArray(all) ? all.filter((one) => typeof one?.key === 'string' &&
			/^\/images\/[0-9a-f]+$/.test(one.path)) : [];
	} catch {
		return [];
	}
}

function write(all) {
	try {
		localStorage.setItem(NAME, JSON.stringify(all.slice(0, MOST)));
	} catch {
		return; /* the list is only a help */
	}
}

/* { path, name } of the upload of this file, or undefined. */
export function keptOf(file) {
	return read().find(({ key }) => key === keyOf(file));
}

/* Does this browser know the file of that upload? */
export const isKept = (id) => read().some(({ path }) => path.endsWith(`/${id}`));

export function keep(file, path, name) {
	write([{ key: keyOf(file), path, name }, ...read().filter(({ key }) =>
		key !== keyOf(file))]);
}

export function forget(path) {
	write(read().filter((one) => one.path !== path));
}
