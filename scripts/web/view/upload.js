/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The form of an upload: a file, its name in the store, its checksum. Runs in the
 * page.
 */

import { keptOf } from '../library/kept.js';
import { checksumOf, isName, nameFor } from '../library/rules.js';
import { $, fault, faulty, put } from '../ui/dom.js';
import { LABELS, LIBRARY } from '../words/en.js';

let library = null;
let file = null;
let may = false;

export function beginUpload(given) {
	library = given;
	$('upload').addEventListener('submit', (event) => {
		event.preventDefault();
		send();
	});
	$('upload-file').addEventListener('change', () => {
		chooseUpload($('upload-file').files[0]);
		$('upload-file').value = ''; /* allows to choose it again */
	});
	$('upload-name').addEventListener('input', showName);
	$('upload-sum').addEventListener('input', () => fault('upload-sum', ''));
	for (const type of ['dragover', 'dragleave', 'drop'])
		$('library').addEventListener(type, (event) => drag(type, event));
}

function drag(type, event) {
	event.preventDefault();
	$('upload-drop').classList.toggle('over', type === 'dragover' && may);
	if (type !== 'drop' || !may)
		return;
	const { files } = event.dataTransfer;
	if (files.length === 1)
		chooseUpload(files[0]);
	else
		fault('upload-file', files.length > 1 ? LIBRARY.oneFile : LIBRARY.noFile);
}

export function enableUpload(is) {
	may = is;
	$('upload').hidden = !may;
}

/* Take a file, and propose a name. */
export function chooseUpload(chosen) {
	if (!chosen)
		return;
	file = chosen;
	put('upload-chosen', file.name);
	$('upload-drop').classList.add('chosen');
	$('upload-name').value = keptOf(file)?.name ?? nameFor(file.name);
	fault('upload-file', '');
	showName();
	$('upload-name').focus();
}

/* The unfinished upload that this file and name continue, or undefined. */
const goesOn = () => {
	const kept = file && keptOf(file);
	return kept?.name === $('upload-name').value ? kept : undefined;
};

function showName() {
	const kept = goesOn();
	put('upload-about', !file ? LABELS.dropUpload : kept ?
		LIBRARY.goesOn(kept.name) : LIBRARY.fresh(file.size));
	put('upload-send', kept ? LIBRARY.resume : LIBRARY.upload);
	fault('upload-name', file ? nameFault() : '');
}

/* Say before anything is sent what the store would refuse. */
function nameFault() {
	const name = $('upload-name').value;
	if (!isName(name))
		return LIBRARY.name;
	const { images, user } = library.store;
	return images?.some((image) => image.name === name && image.state === 'ready' &&
		image.owner === user?.name) ? LIBRARY.taken(name) : '';
}

function fileFault() {
	if (!file)
		return LIBRARY.noFile;
	if (file.size === 0)
		return LIBRARY.empty;
	const kept = keptOf(file);
	return library.uploads.some((one) => one.isActive && (one.file === file ||
		(kept && one.path === kept.path))) ? LIBRARY.busy : '';
}

function send() {
	const sha256 = checksumOf($('upload-sum').value);
	if (faulty([['upload-file', fileFault()],
		['upload-name', file ? nameFault() : ''],
		['upload-sum', sha256 === null ? LIBRARY.checksum : '']]))
		return;
	library.upload({ file, sha256, name: $('upload-name').value,
		path: goesOn()?.path ?? '' });
	clear();
}

function clear() {
	file = null;
	$('upload-name').value = $('upload-sum').value = '';
	put('upload-chosen', LABELS.chooseUpload);
	$('upload-drop').classList.remove('chosen');
	showName();
	$('upload-file').focus();
}
