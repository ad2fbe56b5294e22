/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the image store accepts: names and checksums; and which slot an image
 * fits. The store checks this, too, but here the user is told before anything
 * is sent. Runs anywhere.
 */

const NAME = /^[A-Za-z0-9_+()]([A-Za-z0-9._+ ()-]{0,98}[A-Za-z0-9._+()-])?$/;

export const isName = (name) => NAME.test(name);

/* A name in the store for a file: characters that the store does not accept
 * become "_". */
export const nameFor = (file) => file.replace(/[^A-Za-z0-9._+ ()-]/g, '_')
	.replace(/^[.\- ]+/, '').slice(0, 100).trim();

/* The SHA-256, in small letters, from pasted text, which may be a line of a
 * SHA256SUMS of GNU or BSD; '' for no text, null if the text has none. */
export function checksumOf(text) {
	const line = text.trim();
	const [, sum] = /^(?:SHA256 \(.*\) = )?([0-9a-f]{64})(?:\s.*)?$/i.exec(line) ?? [];
	return line ? sum?.toLowerCase() ?? null : '';
}

/* Can the machine fetch from this address? */
export const isAddress = (text) => /^(https?|nfs|smb):\/\/[^/\s]/i.test(text);

/* The slots for the image; first those that fit its name. (Only the server
 * reads the image, and tells if it needs the other drive.) */
export function slotsFor(name, slots) {
	const type = /\.(iso|udf)$/i.test(name) ? 'cd' : 'disk';
	return slots.filter(({ inserted, state }) => !inserted &&
		['empty', 'failed'].includes(state))
		.sort((a, b) => (b.type === type) - (a.type === type));
}
