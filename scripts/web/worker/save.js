/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Saves the changed image, or only its changes, to the handle of a file that
 * the user has chosen, or to a file for a download. Runs in the worker.
 */

import { copyFor } from './kept.js';
import { qcow2 } from './qcow2.js';

const PIECE = 4 << 20;

/* The whole image in pieces, in order. */
export async function* wholeOf(overlay) {
	for (let at = 0; at < overlay.size; at += PIECE)
		yield* await overlay.read(at, Math.min(PIECE, overlay.size - at));
}

/* The changes, as a qcow2 file with the image as its backing file. */
export function changesOf(overlay) {
	const { places, about } = overlay.kept;
	return qcow2(overlay.size, about.name, places,
		(block) => overlay.octetsOf(block));
}

/* Write the pieces to the handle of a file; told(bytes) reports progress. */
export async function saveTo(handle, pieces, told) {
	const stream = await handle.createWritable();
	try {
		let at = 0;
		for await (const octets of pieces) {
			await stream.write(octets);
			told(at += octets.length);
		}
		await stream.close();
	} catch (error) {
		await stream.abort().catch(() => {});
		throw error;
	}
}

/* A file for a download: in the private file system or, if there is no room for a
 * second copy, in the browser's memory. `make` makes the pieces. */
export async function saveAside(overlay, make, told) {
	if (!overlay.kept.memory) {
		try {
			return await inPlace(await copyFor(overlay.id), make(), told);
		} catch (error) {
			if (error.name !== 'QuotaExceededError')
				throw error;
		}
	}
	return inMemory(make(), told);
}

async function inPlace(entry, pieces, told) {
	const file = await entry.createSyncAccessHandle();
	let at = 0;
	try {
		file.truncate(0);
		for await (const octets of pieces) {
			if (file.write(octets, { at }) !== octets.length)
				throw new DOMException('short write',
					'QuotaExceededError');
			told(at += octets.length);
		}
	} catch (error) {
		file.truncate(0);
		throw error;
	} finally {
		file.close();
	}
	return entry.getFile();
}

async function inMemory(pieces, told) {
	const blobs = [];
	let some = [], at = 0, held = 0;
	for await (const octets of pieces) {
		some.push(octets);
		told(at += octets.length);
		held += octets.length;
		if (held >= PIECE) {
			blobs.push(new Blob(some)); /* the browser may put it on a disk */
			some = [];
			held = 0;
		}
	}
	return new Blob([...blobs, ...some]);
}
