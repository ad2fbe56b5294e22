/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The form to let the machine itself fetch an image from a server: an address,
 * and, if they are known, a name and a checksum. Runs in the page.
 */

import { checksumOf, isAddress, isName } from '../library/rules.js';
import { $, fault, faulty } from '../ui/dom.js';
import { LIBRARY } from '../words/en.js';

let library = null;

export function beginFetch(given) {
	library = given;
	$('fetch-form').addEventListener('submit', (event) => {
		event.preventDefault();
		send();
	});
	for (const id of ['fetch-url', 'fetch-name', 'fetch-sum'])
		$(id).addEventListener('input', () => fault(id, ''));
}

export function enableFetch(may) {
	$('fetch').hidden = !may;
}

function send() {
	const url = $('fetch-url').value.trim();
	const name = $('fetch-name').value;
	const sha256 = checksumOf($('fetch-sum').value);
	if (!faulty([['fetch-url', isAddress(url) ? '' : LIBRARY.address],
		['fetch-name', !name || isName(name) ? '' : LIBRARY.name],
		['fetch-sum', sha256 === null ? LIBRARY.checksum : '']]))
		fetchIt({ url, name, sha256 });
}

/* If the server refuses, keep what was typed. */
async function fetchIt(wish) {
	$('fetch-send').disabled = true;
	const is = await library.fetch(wish);
	$('fetch-send').disabled = false;
	if (is)
		$('fetch-form').reset();
	$(is ? 'fetch-url' : 'fetch-send').focus();
}
