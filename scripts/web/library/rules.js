/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the image store takes: names, checksums, and which slot an image fits. The
 * store checks by itself, too; here a person is told before anything is sent. Runs
 * anywhere.
 */

const NAME = /^[A-Za-z0-9_+()]([A-Za-z0-9._+ ()-]{0,98}[A-Za-z0-9._+()-])?$/;

export const isName = (name) => NAME.test(name);

/* A name for a file that has another one, or the same one: what the store does not
 * take becomes "_". */
export const nameFor = (file) => file.replace(/[^A-Za-z0-9._+ ()-]/g, '_')
	.replace(/^[.\- ]+/, '').slice(0, 100).trim();

/* The SHA-256 in what a person pastes, which may be a line of a SHA256SUMS, of GNU
 * or BSD: in small letters; '' for no text, null if there is none in it. */
export function checksumOf(text) {
	const line = text.trim();
	const [, sum] = /^(?:SHA256 \(.*\) = )?([0-9a-f]{64})(?:\s.*)?$/i.exec(line) ?? [];
	return line ? sum?.toLowerCase() ?? null : '';
}

/* Can the machine fetch from there? */
export const isAddress = (text) => /^(https?|nfs|smb):\/\/[^/\s]/i.test(text);

/* The slots in which the image may go, those first that fit by its name. (Only the
 * server looks into it, and says if it needs the other drive.) */
export function slotsFor(name, slots) {
	const type = /\.(iso|udf)$/i.test(name) ? 'cd' : 'disk';
	return slots.filter(({ inserted, state }) => !inserted &&
		['empty', 'failed'].includes(state))
		.sort((a, b) => (b.type === type) - (a.type === type));
}
