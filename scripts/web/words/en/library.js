/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The words of the library: the images of the store, and uploads. Runs anywhere.
 */

import { day, duration, percent, sentence, size } from '../format.js';
import { untyped } from './reasons.js';

const slots = (numbers) => `slot ${numbers.join(' and slot ')}`;

export const LIBRARY = {
	insert: 'Insert …',
	remove: 'Remove',
	cancel: 'Cancel upload',
	again: 'Try again',
	stored: (name) => `${name} is in the store.`,
	failedLog: ({ name, why }) => `The upload of ${name} has failed` +
		(why ? `: ${why.message}` : ''),
	inUse: (name, numbers) => `${name} is in ${slots(numbers)}. Eject it there first.`,
	removeTitle: (name) => `Remove ${name}?`,
	removeText: ({ state }) => state === 'ready' ?
		'The image is deleted from this machine. That can’t be undone.' :
		'The part that has arrived is deleted.',
	removed: (name) => `${name} was removed.`,
	notRemoved: (name, why) => `Unable to remove ${name}: ${sentence(untyped(why))}`,
	cancelTitle: (name) => `Cancel the upload of ${name}?`,
	cancelText: 'The part that has arrived is deleted.',
	cancelYes: 'Cancel upload',
	/* Of the form. */
	noFile: 'Choose the file to upload.',
	oneFile: 'Drop one file at a time.',
	empty: 'This file is empty.',
	name: 'A name has 1 to 100 of the letters a to z and A to Z, digits, “.”, “_”, ' +
		'“+” and “-”, and spaces and parentheses. It does not begin with “.”, ' +
		'“-” or a space, and does not end with a space.',
	taken: (name) => `The store already has an image ${name}. Choose another name, or ` +
		'remove that image first.',
	checksum: 'A SHA-256 has 64 digits from 0 to f. Copy it again, or leave this empty.',
	fresh: (bytes) => size(bytes),
	goesOn: (name) => `The store has a part of this file as ${name}. The upload ` +
		'continues from there.',
	address: 'Write an address that begins with https://, http://, nfs:// or smb://.',
	asking: 'Asking the server …',
	fetching: 'The machine fetches the image. You can close this page.',
	notFetched: (why) => `Unable to fetch the image: ${sentence(untyped(why))}`,
	busy: 'This file is being uploaded.',
	upload: 'Upload',
	resume: 'Continue the upload',
	/* Of the dialogues. */
	pickTitle: (name) => `Insert ${name}`,
	slot: ({ number, type }) => `Slot ${number} (${type === 'cd' ? 'CD/DVD' :
		'USB disk'})`,
	noSlot: 'There is no empty slot. Eject the image of a slot first.',
	howTitle: (number) => `How should slot ${number} get the file?`,
};

/* How an image in the store was verified. */
const TRUST = {
	given: 'Verified: it has the checksum that was given',
	SHA256SUMS: 'Verified: it has the checksum of its SHA256SUMS',
	server: 'Verified: it has the checksum that its server gave',
};

function trust({ sha256, verified }) {
	if (sha256 === 'stale')
		return 'Unverified: the host could write to it';
	return verified ? TRUST[verified] ?? 'Verified' :
		'Unverified: no checksum was given for it';
}

/* { tone, text, details } of a row: `upload` is that of this page, or null. */
export function imageWords(image, upload) {
	if (upload)
		return UPLOADS[upload.state]?.(upload, image) ?? UPLOADS.starting();
	if (image.state === 'ready')
		return { tone: image.slots.length > 0 ? 'good' : 'idle',
			text: image.slots.length > 0 ? `In ${slots(image.slots)}` : '',
			details: [size(image.size), trust(image), owner(image),
				image.created && `since ${day(image.created)}`] };
	if (image.state === 'checking')
		return { tone: 'busy', text: 'The store checks it …', details: [
			image.size && size(image.size), owner(image)] };
	return unfinished(image);
}

const owner = (image) => `owner ${image.owner}`;

/* An upload that, as far as we know, no tab continues. */
function unfinished(image) {
	const whole = image.size ? ` of ${size(image.size)}` : '';
	const details = [`${size(image.received ?? 0)}${whole}`, owner(image),
		image.expires !== null && `deleted in ${left(image.expires * 1000)}`];
	if (image.origin === 'fetch' && image.expires === null)
		return { tone: image.error ? 'warn' : 'busy', text: image.error ?
			sentence(untyped(image.error)) : 'Fetching from its server',
		details };
	if (image.error)
		return { tone: 'bad', text: `Failed: ${sentence(untyped(image.error))}`,
			details };
	if (!image.id)
		return { tone: 'idle', text: 'In the drop box of its owner, not checked yet',
			details };
	return { tone: image.state === 'expiring' ? 'warn' : 'idle',
		text: `Not finished. ${image.isKept ? 'To continue, choose the same file again.' :
			'The user who began it can continue it.'}`, details };
}

/* For several days, show only the days. */
function left(ms) {
	const days = Math.floor(ms / 86400000);
	return days > 1 ? `${days} days` : duration(ms);
}

const UPLOADS = {
	starting: () => ({ tone: 'busy', text: 'Starting the upload …', details: [] }),
	sending: (upload) => ({ tone: 'busy', text: 'Uploading', details: [
		...soFar(upload),
		upload.rate > 0 && `${size(upload.rate)}/s`,
		upload.rate > 0 && `${duration(1000 *
			(upload.file.size - upload.sent) / upload.rate)} left`] }),
	waiting: (upload) => ({ tone: 'warn', text: `${sentence(upload.why.message)} ` +
		'Trying again; leave this page open.', details: soFar(upload) }),
	signIn: (upload) => ({ tone: 'warn', text: 'Sign in again to continue.',
		details: soFar(upload) }),
	sent: (upload) => ({ tone: 'busy', text: 'All bytes have arrived. The store checks the image …',
		details: [size(upload.file.size)] }),
	failed: (upload) => ({ tone: 'bad', text: upload.why ?
		`Failed: ${sentence(untyped(upload.why.message))}` : 'Failed: the file was ' +
		'changed or removed after you chose it. Cancel, and choose it again.',
	details: soFar(upload) }),
};

const soFar = ({ sent, file }) => [`${percent(sent / file.size)} of ${size(file.size)}`];

/* What a screen reader says about an upload: not each number. */
export function uploadTold({ name, state, sent, file, ...upload }) {
	const quarter = Math.floor(sent / file.size * 4) * 25;
	const said = { starting: '', signIn: 'sign in again to continue',
		sending: quarter > 0 ? `${quarter} % uploaded` : 'uploading',
		waiting: 'connection lost, trying again', sent: 'the store checks it',
		failed: `failed. ${upload.why?.message ?? ''}` }[state];
	return said ? `${name}: ${said}` : '';
}
