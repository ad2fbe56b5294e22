/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The words of the console: signing in, the host, the slots. Runs anywhere.
 */

import { duration, moment, percent, sentence } from '../format.js';
import { untyped } from './reasons.js';
import { SERVE } from './serve.js';

/* A line of the list of events, with how many times it happened in a row. */
export const times = (text, count) => count > 1 ? `${text} (${count} times)` : text;

/* For api.js, where the server gives no text of its own. */
export const API = {
	unreachable: 'The server can’t be reached.',
	unreachableNext: 'Check the network, then try again.',
	status: {
		401: 'You are not signed in.',
		403: 'You are not allowed to do that.',
		413: 'That is too large for the server.',
		502: 'The service behind the web server does not run.',
		503: 'The server is busy or not ready. Try again.',
		504: 'The service behind the web server does not answer.',
	},
	noRedfish: 'This machine has no Redfish service.',
	/* By the id of the server's message. */
	said: {
		InsufficientPrivilege: 'Your role does not allow that.',
		InternalError: 'The server failed to do that.',
		ServiceTemporarilyUnavailable: 'The server could not do that in time.',
	},
	other: (status) => `The server answered with status ${status}.`,
};

export const APP = {
	ended: 'Your session has ended. Sign in again.',
	signedOut: 'You have signed out.',
	uploadsEnd: { title: 'Sign out, and stop the uploads?', text: 'To continue ' +
		'them later, choose the same files again.', yes: 'Sign out' },
	toSlot: (number, type, machine) => `Slot ${number} (${TYPES[type]}) of ${machine}`,
};

export const LOGIN = {
	empty: 'Enter your user name and your password.',
	wrong: 'The user name or the password is wrong.',
	differ: 'Enter the same new password twice.',
};

const TYPES = { cd: 'CD/DVD', disk: 'USB disk' };

export const CONSOLE = {
	who: (name, role) => role ? `${name} (${role})` : name,
	lost: (machine) => `No connection to ${machine}, trying again. This page may ` +
		'show an old state.',
	limited: (store) => {
		const { role } = store.user;
		if (!store.may('ConfigureComponents'))
			return `Your role, ${role}, can look but change nothing. An ` +
				'Administrator can insert and eject images; an Operator ' +
				'can switch the host’s power.';
		return store.may('ConfigureManager') ? '' : `Your role, ${role}, can ` +
			'switch the host’s power and choose what it boots. Only an ' +
			'Administrator can insert and eject images.';
	},
};

export const SESSIONS = {
	about: (user, address, since, own) => [user, address && `from ${address}`,
		since && `since ${since}`].filter(Boolean).join(' ') +
		(own ? ' (this page)' : ''),
	end: 'End',
};

export const MACHINE = {
	power: { On: 'On', Off: 'Off', PoweringOn: 'Powering on …',
		PoweringOff: 'Powering off …', Paused: 'Paused' },
	unknown: 'Power state not known',
	noControl: 'This machine is not set up to switch its host’s power.',
	targets: { None: 'as usual', Cd: 'CD', Usb: 'USB disk', Pxe: 'network (PXE)',
		UefiHttp: 'network (HTTP)', Hdd: 'hard disk', BiosSetup: 'firmware setup' },
	bootUsual: '',
	bootOnce: 'Once, at the next boot.',
	bootAlways: 'At each boot, until you change this.',
};

export const MOUNT = {
	empty: 'Enter the address of an image.',
	recent: 'Last used',
	forget: 'Forget these',
	useSlot: SERVE.useSlot,
	verified: 'This machine checks the server’s certificate. If your own authority ' +
		'has signed it, paste the certificate of this authority here.',
	unverified: 'This machine does not check certificates for this slot.',
	/* By what the user should enter. */
	asked: {
		credentials: ['The image’s server wants a user name and a password.',
			'Enter the user and password of the image’s server, not those of this ' +
			'machine.'],
		certificate: ['The certificate of the image’s server is not trusted.',
			'If you know this server, paste its certificate below to trust ' +
			'it for this slot.'],
	},
	/* By the id of the server's message; the server's advice follows. */
	said: {
		CouldNotEstablishConnection: 'The image’s server can’t be reached.',
		AccessDenied: 'The image’s server refuses to send this image.',
		ResourceMissingAtURI: 'There is no image at that address.',
		ResourceAtUriInUnknownFormat: 'A drive cannot show this file: it is not an image.',
		SourceDoesNotSupportProtocol: 'The image’s server can’t send parts of a file.',
		ActionParameterValueFormatError: 'This drive can’t take that image.',
		PropertyValueFormatError: 'This drive can’t take that image.',
		ResourceInUse: 'Another image is in the slot.',
	},
};

/* { text, next } for an error of an insert; `about` is what the user should
 * enter. */
export function mountFault({ code, message, next }, about) {
	const [text, advice] = MOUNT.asked[about] ?? [MOUNT.said[code] ?? message,
		sentence(untyped(next))];
	return { text, next: advice };
}

export const SLOT = {
	kind: (number, type) => `Slot ${number} · ${TYPES[type]}`,
	show: 'Show',
	boot: 'Boot from it',
	undo: 'Undo boot',
	renew: 'Renew link',
	eject: 'Eject',
	numbers: { read: 'Read by the host', rate: 'Rate', since: 'Inserted for',
		written: 'Written' },
	curve: SERVE.curve,
	map: (share) => `The host has read ${percent(share)} of the image.`,
	share: (share, whole) => `${percent(share)} of ${whole}`,
	steps: ['Image inserted', 'Boot from it chosen, once', 'Host restarted',
		'Host is on', 'Host reads the image'],
	booted: 'The host was restarted and reads the image.',
	stepStates: { done: 'done', now: 'now', wait: 'to come' },
};

/* { tone, title, detail } of a slot. `doing` is what this page does with it;
 * `serving` is set if this page serves the image. */
export function slotWords(slot, doing, serving) {
	if (doing && DOING[doing.what])
		return { tone: 'busy', title: DOING[doing.what],
			detail: waited(doing.since) };
	return (SLOT_STATES[slot.state] ?? SLOT_STATES.active)(slot, serving);
}

const DOING = { insert: 'Inserting …', eject: 'Ejecting …', renew: 'Renewing …',
	boot: 'Starting the boot …' };

const waited = (since) => Date.now() - since < 3000 ? '' :
	`${duration(Date.now() - since)} so far`;

const SLOT_STATES = {
	empty: () => ({ tone: 'idle', title: 'Empty', detail: '' }),
	activating: () => ({ tone: 'busy', title: 'Inserting …', detail: '' }),
	deactivating: () => ({ tone: 'busy', title: 'Ejecting …', detail: '' }),
	active: (slot, serving) => ({ tone: 'good', title: slot.rate > 0 ?
		'The host is reading' : 'Inserted', detail: aboutSlot(slot, serving) }),
	degraded: ({ reason }) => ({ tone: 'warn',
		title: 'The image’s server does not answer',
		detail: `${reason ? `${sentence(untyped(reason))} ` : ''}The host waits. The ` +
			'image works again when its server answers.' }),
	other: () => ({ tone: 'idle', title: 'In use by another program',
		detail: 'Another program than vmedia has inserted an image.' }),
	failed: ({ reason }) => ({ tone: 'bad', title: 'Failed',
		detail: reason ? sentence(untyped(reason)) : '' }),
};

function aboutSlot(slot, serving) {
	return [
		serving ? 'This page serves the image: keep the page open.' :
			slot.served ? 'A browser or vmctl serve serves the image.' : '',
		slot.writable ? 'The host can write to it.' : '',
		slot.boots ? `It boots by ${slot.boots}.` : '',
		slot.host && slot.host !== 'configured' ?
			`The host does not use its USB port now (${slot.host}).` : '',
		slot.expires ? `The slot ejects the image at ${moment(slot.expires)}.` : '',
	].filter(Boolean).join(' ');
}

export const ACTIONS = {
	cancelled: 'Cancelled.',
	failed: (number, why) => `Slot ${number}: ${why}`,
	eject: 'Eject',
	ejectTitle: (number) => `Eject slot ${number}?`,
	ejectText: 'The host is reading the image. Programs of the host that use it will fail.',
	renew: 'Renew',
	renewTitle: 'Renew the link',
	renewText: 'Give a new link to the same image. The host notices nothing.',
	renewLabel: 'New link',
	renewed: 'The link was renewed.',
	otherImage: 'That link is for another image.',
	otherImageNext: 'To change the image, eject this one first.',
	bootTitle: (machine, power) => power === 'Off' ?
		`Start the host of ${machine} from this image?` :
		`Restart the host of ${machine} from this image?`,
	bootText: (number, power) => `It boots from slot ${number} once. ` +
		(power === 'Off' ? 'The host is off and will be switched on.' :
			'Everything that runs on the host is stopped at once.'),
	boot: (power) => power === 'Off' ? 'Start and boot' : 'Restart and boot',
	bootLog: (number) => `The host was restarted to boot from slot ${number}`,
	undone: 'The next boot is as usual again.',
	resets: {
		On: { name: 'Power on', text: '' },
		GracefulRestart: { name: 'Restart',
			text: 'This asks the host’s system to shut down and start again.' },
		GracefulShutdown: { name: 'Shut down',
			text: 'This asks the host’s system to shut down.' },
		ForceRestart: { name: 'Reset',
			text: 'Everything that runs on the host is stopped at once.' },
		PowerCycle: { name: 'Power cycle',
			text: 'The host loses power at once, and gets it again.' },
		ForceOff: { name: 'Power off', text: 'The host loses power at once.' },
		Nmi: { name: 'Send NMI', text: 'Most systems then stop and write a dump.' },
	},
	resetTitle: (name, machine) => `${name}: the host of ${machine}?`,
	resetLog: (name) => `Host: ${name}`,
};

/* A line of the log for an event of the server. */
export function eventWords({ id, text, slot }) {
	const said = EVENTS[id] ?? text ?? id;
	return slot ? `Slot ${slot.number}: ${said}` : said;
}

const EVENTS = { Inserted: 'inserted', Ejected: 'ejected',
	HostRead: 'the host reads for the first time',
	Recovered: 'the image’s server answers again' };
