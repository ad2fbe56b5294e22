/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the page says: each state in words, sizes and times. Runs anywhere.
 */

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

export function size(bytes) {
	let unit = 0;
	for (; bytes >= 1000 && unit < UNITS.length - 1; unit++)
		bytes /= 1000;
	return `${bytes.toFixed(unit > 0 && bytes < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

export function duration(ms) {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const minutes = Math.floor(seconds / 60);
	if (minutes === 0)
		return `${seconds} s`;
	if (minutes < 60)
		return `${minutes} min ${seconds % 60} s`;
	return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/* Never 100 where something is missing. */
export function percent(share) {
	return `${share === 1 ? 100 : Math.min(99, Math.floor(share * 100))} %`;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const sentence = (text) => capital(text).replace(/[^.!?…]$/, '$&.');

const NO_CONNECTION =
	'There was no connection. Either nothing listens there, or its ' +
	'certificate is not known to this browser (open its page once), or the ' +
	'ticket was used or is too old: a new one is needed.';
const NOT_LET_IN =
	'The server is there, but did not let this page in: a ticket is good ' +
	'once, for half a minute, for one slot. Get a new one.';
const NO_WAY_BACK =
	'The server is there but does not let this page in again: was the slot ' +
	'taken down? Then stop, and get a new ticket.';

/*
 * { tone, title, detail, told } of a state: tone is idle, busy, good, warn or
 * bad; told is what is read out: nothing else, while the host reads and rests.
 * `view` is the link's state { name, why, attached }, and the page's: where,
 * hasRead, reads (now), notLetIn, image.
 */
export function words(view) {
	const said = (STATES[view.name] ?? STATES.empty)(view);
	return { told: `${sentence(said.title)} ${said.detail}`, ...said };
}

const STATES = {
	empty: () => ({ tone: 'idle', title: 'No image chosen',
		detail: 'Choose a disk or CD image of this computer: the managed ' +
			'host sees it as a drive of its own, for as long as this ' +
			'page is open.' }),
	unreadable: ({ why }) => ({ tone: 'bad', title: 'This can’t be read',
		detail: sentence(why) }),
	insecure: () => ({ tone: 'bad', title: 'This page needs TLS',
		detail: 'A browser lets a page serve a file only where it came over ' +
			'https.' }),
	looking: () => ({ tone: 'busy', title: 'Looking at the image …',
		detail: '' }),
	ready: ({ where }) => ({ tone: 'idle', title: 'Ready to connect',
		detail: `To ${where}.` }),
	connecting: ({ where }) => ({ tone: 'busy', title: 'Connecting …',
		detail: `To ${where}.` }),
	open: openWords,
	lost: ({ why, notLetIn }) => ({ tone: 'warn',
		title: 'Connection lost, trying again',
		detail: `${sentence(why)} ` + (notLetIn ? NO_WAY_BACK :
			'The host waits meanwhile; leave this page open.') }),
	taken: ({ why }) => ({ tone: 'warn', title: 'The slot is taken',
		detail: `${sentence(why)} If you take over, they are cut off, and ` +
			'the host loses what it has, whatever it is doing with it.' }),
	ejected: ({ why }) => ({ tone: 'idle', title: 'Ejected',
		detail: sentence(ofEject(why)) }),
	stopping: () => ({ tone: 'busy', title: 'Stopping …',
		detail: 'What the host wrote last is on its way here. Stop once ' +
			'more to give it up.' }),
	stopped: ({ untold }) => ({ tone: 'idle', title: 'Stopped',
		detail: untold ? 'You have stopped it, but the other side could not ' +
			'be told: the host waits for its medium until the slot is ' +
			'ejected there, or you connect again.' :
			'You have stopped it; the host has no medium any more.' }),
	refused: ({ why, notLetIn }) => ({ tone: 'bad', title: 'Refused',
		detail: why !== 'no connection' ? sentence(why) :
			notLetIn ? NOT_LET_IN : NO_CONNECTION }),
	changed: ({ why }) => ({ tone: 'bad', title: 'The file has changed',
		detail: 'It is not what it was when you chose it, or is gone. The ' +
			'host was told of a read error, for half of one image and half ' +
			'of another would be worse. Choose the file again. ' +
			`(${why.replace(/\.$/, '')}.)` }),
	failed: ({ why }) => ({ tone: 'bad', title: 'It does not work here',
		detail: sentence(why) }),
};

/* "slot 0: ejected: by whom": who, if that is known. */
const ofEject = (why) => /^(?:slot \d+: )?(?:ejected(?:: |$))?(.*)$/.exec(why)[1] ||
	'the host, or who operates it, has ejected the image';

function openWords({ where, attached, hasRead, reads }) {
	const detail = `${capital(where)} has the image.`;
	if (!attached)
		return { tone: 'busy', title: 'Connected, not attached yet',
			detail: `${capital(where)} is looking at the image.` };
	const told = `Connected. ${detail}`;
	if (reads)
		return { tone: 'good', title: 'The host is reading', detail, told };
	return { tone: 'good', told, title: hasRead ? 'Connected' :
		'Connected, waiting for the host',
	detail: `${detail} The host ${hasRead ? 'does not read now' :
		'has not read yet'}.` };
}

/* States in which the page must stay: it serves, or will again. */
export const isActive = (name) =>
	['connecting', 'open', 'lost', 'stopping'].includes(name);
