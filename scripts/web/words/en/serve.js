/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The sentences of the part that serves an image of this computer; its buttons
 * are in labels.js. Runs anywhere.
 */

import { capital, percent, sentence, size } from '../format.js';
import { plainly } from './reasons.js';
import { LINK } from './worker.js';

export const SERVE = {
	kind: (bytes, cd) => `${bytes}, ${cd ? 'a CD' : 'a disk'} for the host`,
	tryingFor: (time) => `Trying again for ${time}`,
	notStarted: 'a part of this page did not start; reload this page',
	busy: 'An image is being served. Press Stop first.',
	openAgain: 'Then open the link again.',
	unsaved: 'Save or discard the changes of this image first.',
	oneFile: 'Drop one file: a slot has one image.',
	droppedLink: 'This page serves files of this computer. Download the image ' +
		'first, or have the server fetch it from its address.',
	noFile: 'That was not a file.',
	discarded: 'The changes were discarded',
	ownTicket: (slot) => `Slot ${slot} needs a ticket of its own.`,
	useSlot: (slot) => `Use slot ${slot} instead`,
	curve: (now, history) => `Rate of the last minutes: ${size(now)}/s now, at most ` +
		`${size(Math.max(0, ...history.map(({ rate }) => rate)))}/s.`,
	share: (share, whole) => `${percent(share)} of ${size(whole)}`,
	wereRead: (share, whole) =>
		`The host has read ${percent(share)} of the image’s ${size(whole)}.`,
};

/* Faults of the fields of a destination. */
export const FAULTS = {
	ticket: 'A ticket consists of letters, digits, - and _. Copy it again.',
	slot: 'Enter the number of a slot, such as 0.',
	url: 'An address looks like wss://bmc.example.org/vm/0.',
	scheme: 'The address must begin with wss://.',
	secure: 'The address must begin with wss://, because this page came over https.',
};

/* Saving what the host has written. */
export const SAVE = {
	saving: 'Saving …',
	saved: (name) => `Saved as ${name}.`,
	savedLog: (name) => `Saved ${name}`,
	begun: (name) => `The download of ${name} has begun.`,
	begunLog: (name) => `The download of ${name} has begun`,
	unable: (why) => `Unable to save: ${why.replace(/\.$/, '')}. The changes are ` +
		'still here: save them somewhere else.',
	unableLog: (why) => `Unable to save the changes: ${why}`,
	mayDiscard: (name) => `Delete what the host wrote to ${name}? You cannot restore ` +
		'it later.',
	again: 'Choose the file again',
	save: 'Save the changes',
	discard: 'Discard',
	anImage: 'an image',
	older: 'older version',
	unreadable: (bytes, from) => `This page cannot read ${size(bytes)} that an older ` +
		`version of the page kept on ${from}.`,
	kept: (bytes, name, from, saved) => `This browser has kept ${size(bytes)} that the host ` +
		`wrote to ${name}, since ${from}${saved ? '. You have saved them.' : '.'}`,
};

/* Where the host's changes are. */
export const CHANGES = {
	kept: 'This browser keeps the changes, also after you close this page, ' +
		'until you discard them or delete this site’s data.',
	inMemory: 'This browser window has no storage. The changes are only in ' +
		'memory: you lose them when you close this page.',
	full: 'The browser has no room left for the host’s data, and the host got ' +
		'a write error. Press Stop, then save the changes.',
};

const NO_CONNECTION =
	'Check that the server is running, that this browser trusts its ' +
	'certificate (open its page once), and that the ticket is new: a ' +
	'ticket works once.';
const NOT_LET_IN =
	'The server answers, but it did not let this page in. A ticket works ' +
	'once, within half a minute, and for one slot: get a new ticket.';
const NO_WAY_BACK =
	'The server answers, but it does not let this page in again. Perhaps ' +
	'somebody ejected the slot there. Press Stop, get a new ticket and connect again.';

/*
 * What the page says about a state: { tone, title, detail, told, log }.
 * tone: idle, busy, good, warn or bad.
 * told: for a screen reader; it stays the same while the host reads and rests.
 * log:  the state's line in the list of events.
 *
 * `view` is the link's state { name, why, attached }, and what the page knows:
 * where, hasRead, reads (now), notLetIn, unsaved, image, writable.
 */
export function words(view) {
	const why = view.why && SAID.has(view.name) ? plainly(view.why) : view.why;
	const said = (STATES[view.name] ?? STATES.empty)({ ...view, why });
	return { told: `${sentence(said.title)} ${said.detail}`, log: said.title,
		...said };
}

/* States whose reason comes from the server. */
const SAID = new Set(['lost', 'taken', 'ejected', 'refused']);

const STATES = {
	empty: () => ({ tone: 'idle', title: 'No image chosen',
		detail: 'Choose a CD or disk image on this computer. The host sees ' +
			'it as a USB drive while this page stays open.' }),
	unreadable: ({ why, read }) => read ?
		{ tone: 'bad', title: 'This is not a CD or disk image',
			detail: capital(why) } :
		{ tone: 'bad', title: 'This file can’t be read',
			detail: `${sentence(why)} Choose another file.` },
	asks: ({ host }) => ({ tone: 'warn', title: 'Connect to another server?',
		detail: `The link that you opened names the server ${host}. It can ` +
			'read the whole image. Connect only if you know that server.' }),
	insecure: () => ({ tone: 'bad', title: 'Open this page over HTTPS',
		detail: 'Browsers let a page serve a file only if its address ' +
			'begins with https://.' }),
	looking: ({ share }) => ({ tone: 'busy', title: 'Checking the image …',
		detail: share ? `Comparing the parts that the host has read: ${
			percent(share)}` : '', told: 'Checking the image.' }),
	ready: ({ where, again, modified }) => ({ tone: 'idle',
		title: where ? 'Ready to connect' : 'Fill in the destination',
		log: again ? sameWords(modified).trim() : 'Ready to connect',
		detail: (again ? sameWords(modified) : '') + (where ?
			`Press Connect to give the image to ${where}.` :
			'Correct the marked field, then press Connect.') }),
	differs: differsWords,
	again: () => ({ tone: 'idle', title: 'Choose the file again',
		detail: 'The changes were discarded. The file has changed since you ' +
			'chose it: choose it again to use it as it is now.' }),
	connecting: ({ where }) => ({ tone: 'busy', title: 'Connecting …',
		detail: `Waiting for ${where}.` }),
	open: openWords,
	lost: ({ why, notLetIn }) => ({ tone: 'warn',
		title: 'Connection lost, trying again',
		detail: `${sentence(why)} ` + (notLetIn ? NO_WAY_BACK :
			'The host is waiting: leave this page open.'),
		log: `Connection lost, trying again: ${why}` }),
	taken: ({ why }) => ({ tone: 'warn', title: 'The slot is taken',
		detail: `${sentence(why)} If you take over, that client is ` +
			'disconnected, and the host loses the image that it has now, ' +
			'even while it is using it.',
		log: `The slot is taken: ${why}` }),
	ejected: ({ why }) => ({ tone: 'idle', title: 'Ejected',
		detail: sentence(ofEject(why)), log: `Ejected: ${ofEject(why)}` }),
	stopping: ({ writable }) => ({ tone: 'busy', title: 'Stopping …',
		detail: writable ? 'The last data of the host is still on its way to this ' +
			'page. Press Stop again to stop at once and lose that data.' :
			'The slot is ejecting the image. To stop without the eject, ' +
			'press Stop again.' }),
	stopped: stoppedWords,
	refused: refusedWords,
	changed: ({ why, unsaved }) => ({ tone: 'bad', title: 'The file has changed',
		detail: 'Somebody changed or removed the file after you chose it. The ' +
			'host got a read error instead of a mix of two images. ' +
			(unsaved ? 'What the host wrote is kept: choose the file ' +
				'again, or save the changes. ' :
				'Choose the file again. ') +
			`(${why.replace(/\.$/, '')}.)` }),
	failed: ({ why }) => ({ tone: 'bad', title: 'Unable to continue',
		detail: sentence(why), log: `Unable to continue: ${why}` }),
};

const sameWords = (modified) => (modified ?
	'Only the file’s date has changed, its contents have not. ' :
	'It is the same file. ') + 'The host continues with its changes. ';

/* How a file differs from the one that the host wrote to. */
function differsWords({ differ: { size: sizes, head, tail, read }, file }) {
	const differ = [
		sizes && `it had ${sizes[0]} bytes, and has ${sizes[1]}`,
		head && 'its first MiB is different',
		tail && 'its last MiB is different',
		read && `${read} MiB that the host has read are different`,
	].filter(Boolean);
	const list = differ.join('; ');
	return { tone: 'bad', title: 'This is not the same file',
		detail: `${capital(list)}. What the host wrote belongs to ${file} as it ` +
			'was. Choose that file, or save the changes.',
		log: `Not the same file: ${list}` };
}

/* A browser does not tell a page why there was no connection: the page has found
 * out `notLetIn` by itself. */
function refusedWords({ why, notLetIn }) {
	if (why !== LINK.none)
		return { tone: 'bad', title: 'Refused', detail: sentence(why),
			log: `Refused: ${why}` };
	return notLetIn ?
		{ tone: 'bad', title: 'Refused', detail: NOT_LET_IN,
			log: 'Refused: the server did not let this page in' } :
		{ tone: 'bad', title: 'Unable to connect', detail: NO_CONNECTION };
}

/* Say "ejected" only if the slot has said so. */
function stoppedWords({ untold, early }) {
	if (untold)
		return { tone: 'warn', title: 'Stopped',
			detail: 'You stopped the connection, but the slot has not ' +
				'said that it ejected the image. The host may wait ' +
				'for the image until you connect again, or until ' +
				'somebody ejects the slot there.' };
	return { tone: 'idle', title: 'Stopped', detail: early ?
		'You stopped before the slot had the image.' :
		'The slot has ejected the image: the host has no medium any more.' };
}

/* The reason in "slot 0: ejected: REASON", if there is one. */
const ofEject = (why) => /^(?:slot \d+: )?(?:ejected(?:: |$))?(.*)$/.exec(why)[1] ||
	'the host or its operator has ejected the image';

function openWords({ where, attached, hasRead, reads }) {
	const detail = `${capital(where)} has the image.`;
	if (!attached)
		return { tone: 'busy', title: 'Connected, not attached yet',
			detail: `${capital(where)} is checking the image.` };
	const told = `Connected. ${detail}`;
	const log = `Connected: ${where} has the image`;
	if (reads)
		return { tone: 'good', title: 'The host is reading', detail, told, log };
	return { tone: 'good', told, log, title: hasRead ? 'Connected' :
		'Connected, waiting for the host',
	detail: `${detail} The host ${hasRead ? 'is not reading now' :
		'has not read anything yet'}.` };
}
