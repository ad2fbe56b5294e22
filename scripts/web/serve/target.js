/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The destination of the image, from the page's fragment (#slot=0&ticket=T, or
 * #url=wss://host/vm/0&ticket=T) and the fields of the form. Runs anywhere.
 */

import { FAULTS } from '../words/en.js';

const TICKET = /^[A-Za-z0-9_-]{1,256}$/;
const SLOT = /^[0-9]{1,3}$/;

/* The valid values of the fragment; invalid ones are left out. */
export function fromFragment(fragment) {
	const words = new URLSearchParams(fragment.replace(/^#/, ''));
	const target = {};
	if (SLOT.test(words.get('slot') ?? ''))
		target.slot = words.get('slot');
	if (TICKET.test(words.get('ticket') ?? ''))
		target.ticket = words.get('ticket');
	if (words.has('url'))
		target.url = words.get('url');
	return target;
}

/* { url } of the slot, here or on another server; or { fault, field }. */
export function resolve({ slot, ticket, url }, location) {
	if (ticket && !TICKET.test(ticket))
		return { field: 'ticket', fault: FAULTS.ticket };
	if (url)
		return elsewhere(url, location);
	if (!SLOT.test(slot))
		return { field: 'slot', fault: FAULTS.slot };
	const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
	return { url: `${scheme}://${location.host}/vm/${slot}` };
}

function elsewhere(url, location) {
	let whole;
	try {
		whole = new URL(url);
	} catch {
		return { field: 'url', fault: FAULTS.url };
	}
	if (whole.protocol !== 'wss:' && whole.protocol !== 'ws:')
		return { field: 'url', fault: FAULTS.scheme };
	if (whole.protocol === 'ws:' && location.protocol === 'https:')
		return { field: 'url', fault: FAULTS.secure };
	whole.hash = '';
	return { url: whole.href };
}

/* A short form of an address for people. */
export function shortly(url) {
	const { host, pathname } = new URL(url);
	const slot = /\/(?:vm|nbd)\/(?:0\/)?([0-9]+)$/.exec(pathname)?.[1];
	return slot === undefined ? host + pathname : `slot ${slot} of ${host}`;
}
