/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The key of this tab. A ticket works for half a minute, which is too short to
 * choose a file. When a link with a ticket is opened, or a ticket is typed, the
 * page exchanges it at once for a key: a secret of this tab, with which it may
 * connect to that slot within an hour. Runs in the page.
 */

import { $ } from '../ui/dom.js';
import { fill, target } from './fields.js';

const NAME = 'vmedia-key'; /* in the storage of this tab */
const HOUR = 3600000; /* ms; KEY_SECONDS of the server */
const PATIENCE = 5000; /* ms for an exchange */

export function random(length) {
	const octets = crypto.getRandomValues(new Uint8Array(length));
	return btoa(String.fromCharCode(...octets)).replace(/\+/g, '-')
		.replace(/\//g, '_').replace(/=/g, '');
}

let key = { url: '', resume: random(32) };
let ticketed = false; /* this page has used a ticket */
let exchanging = null; /* the promise of an exchange under way */

function showAccepted(accepted) {
	$('ticket-about').hidden = !accepted;
}

/* Ask the server to accept the key for the slot. Resolves to { opened, held }:
 * the ticket was used; the key is valid for an hour. */
function hold({ url, resume }, ticket) {
	return new Promise((done) => {
		const known = { opened: false, held: false };
		const socket = new WebSocket(`${url}?hold=1`, ['vm.nbd.v1-state',
			`ticket.${ticket}`, `resume.${resume}`]);
		const timer = setTimeout(() => socket.close(), PATIENCE);
		socket.onopen = () => {
			known.opened = true;
		};
		socket.onmessage = ({ data }) => {
			known.held ||= data === 'held';
		};
		socket.onclose = () => {
			clearTimeout(timer);
			done(known);
		};
	});
}

/* Exchange the ticket of the form. `meant` is the destination, or null. Do not
 * contact another server before the user has agreed to it. */
export function exchange(meant) {
	const { ticket } = target();
	ticketed ||= ticket !== '';
	if (!meant || !ticket || exchanging ||
	    new URL(meant.url).host !== location.host)
		return;
	const fresh = { url: meant.url, resume: random(32), end: Date.now() + HOUR };
	exchanging = hold(fresh, ticket).then(({ opened, held }) => {
		exchanging = null;
		key = fresh;
		if (opened && target().ticket === ticket)
			$('ticket').value = '';
		if (held)
			sessionStorage.setItem(NAME, JSON.stringify(key));
		showAccepted(held);
	});
}

/* Does this server want tickets? */
export const hadTicket = () => ticketed;

/* The exchange that is under way, or null. */
export const pending = () => exchanging;

/* The secret for that address. */
export function keyFor(url) {
	if (key.url && key.url !== url)
		key = { url, resume: random(32) };
	return key.resume;
}

/* The tab has connected: from now on, the key is valid as long as the medium is
 * in. */
export function keyUsed() {
	sessionStorage.removeItem(NAME);
	showAccepted(false);
}

/* After the page was loaded again, continue with the key of this tab. Returns
 * whether there is one. */
export function restoreKey() {
	const old = JSON.parse(sessionStorage.getItem(NAME) ?? 'null');
	if (!old || old.end < Date.now())
		return false;
	key = old;
	ticketed = true;
	fill({ slot: new URL(old.url).pathname.replace(/.*\//, '') });
	showAccepted(true);
	return true;
}
