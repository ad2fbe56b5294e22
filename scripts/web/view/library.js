/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The card of the library: all images and uploads, and the form for another one.
 * Runs in the page.
 */

import { isKept } from '../library/kept.js';
import { $, put } from '../ui/dom.js';
import { uploadTold } from '../words/en.js';
import { enableFetch } from './fetch.js';
import { ImageRow } from './image-row.js';
import { enableUpload } from './upload.js';

let library = null;
let act = null;
const rows = new Map(); /* by the id, or another key: see keyOf() */

/* `given` is a Library; `can` has pick() (insert an image into a slot). */
export function beginLibrary(given, can) {
	library = given;
	act = { ...can, remove: (image) => library.remove(image),
		cancel: (upload) => library.cancel(upload),
		again: (upload) => library.again(upload) };
}

const keyOf = ({ id, owner, name }) => id || `${owner}/${name}`;

/* The server's list, and this page's uploads that are not in it yet. */
function shownRows(images) {
	const known = new Set(images.map(({ id }) => id));
	const own = library.uploads.filter(({ id }) => !id || !known.has(id));
	return [...images.map((image) => [keyOf(image), { ...image,
		isKept: image.state !== 'ready' && isKept(image.id) },
	library.uploads.find(({ id }) => id && id === image.id)]),
	...own.map((upload) => [upload.id || upload, { id: upload.id,
		name: upload.name, state: 'incoming', slots: [] }, upload])];
}

export function showLibrary(store) {
	const { images } = store;
	$('library').hidden = !images;
	if (!images)
		return;
	const may = store.may('ConfigureManager');
	const shown = shownRows(images);
	const keys = new Set(shown.map(([key]) => key));
	for (const [key, { root }] of rows)
		if (!keys.has(key))
			drop(key, root);
	shown.forEach(([key, image, upload], i) => {
		const row = rows.get(key) ?? new ImageRow(act);
		rows.set(key, row);
		row.update(image, upload, may);
		if ($('images').children[i] !== row.root)
			$('images').insertBefore(row.root, $('images').children[i] ?? null);
	});
	$('no-images').hidden = shown.length > 0;
	enableUpload(may);
	enableFetch(may);
	showAnswer();
	suggest(images);
}

/* If a removed row had the focus, move it to the title of the library. */
function drop(key, root) {
	const had = root.contains(document.activeElement);
	rows.delete(key);
	root.remove();
	if (had)
		$('library-title').focus();
}

function showAnswer() {
	const { tone, text } = library.answer;
	$('library-answer').dataset.tone = tone ?? '';
	put('library-answer', text);
	/* (Not each number, and nothing that has not changed.) */
	put('library-told', library.uploads.map(uploadTold).filter(Boolean).join('; '));
}

let suggested = '';

/* Set the images that the field for an address suggests. */
function suggest(images) {
	const uris = images.filter(({ state }) => state === 'ready')
		.map(({ uri }) => uri);
	if (suggested === uris.join('\n'))
		return;
	suggested = uris.join('\n');
	$('stored-images').replaceChildren(...uris.map((uri) => new Option('', uri)));
}
