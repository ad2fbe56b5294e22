/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Makes text for a browser from the reason of a close. The server writes
 * reasons for people at a command line, and a reason has at most 123 bytes (RFC
 * 6455 section 5.5): the rest was cut off. Runs anywhere.
 */

const CUT = 120; /* bytes: a reason this long may have lost its end */
const ENOUGH = 30; /* characters of a part that makes sense by itself */

const bytes = (text) => new TextEncoder().encode(text).length;

/* [pattern, text from the match]; the first match counts. */
const KNOWN = [
	[/the image is a (\w+), but slot (\d+) has a (\w+) drive(.*)/i,
		([, kind, slot, drive, remedy]) => `The image is a ${upper(kind)}, ` +
			`but slot ${slot} has a ${upper(drive)} drive. ` +
			otherSlot(remedy, kind)],
	[/it is larger than the (\d+) bytes that .*(CD|DVD)-ROM/i,
		([, most, drive]) => `The image is larger than the ` +
			`${(most / 1e9).toFixed(2)} GB that a ${drive} drive of that ` +
			'server can show: its kernel has no FunctionFS, or its ' +
			'vmedia.conf sets drive = kernel.'],
	[/this kernel has no NBD/, () => 'The kernel of that server has no NBD ' +
		'and cannot show an image of a browser. Upload the image instead.'],
	[/the time of --expires is over/, () => 'The time after which the slot was ' +
		'to eject it is over.'],
	[/it is smaller than a CD-ROM drive can show/i,
		() => 'The image is smaller than a CD drive can show.'],
];

const upper = (kind) => kind.toLowerCase() === 'cd' ? 'CD' : kind.toLowerCase();

function otherSlot(remedy, kind) {
	const slot = /-s (\d+)/.exec(remedy)?.[1];
	return slot ? `Choose slot ${slot}.` :
		`Choose a slot with a ${upper(kind)} drive.`;
}

/* A reason without the incomplete clause at the place where it was cut off. */
function uncut(why) {
	if (bytes(why) < CUT)
		return why;
	const clauses = why.replace(/[,;:]? [^,;:]*$/, '').replace(/[,;:]+$/, '');
	return clauses.length >= ENOUGH && /[,;:]/.test(why) ? clauses :
		`${why.replace(/\s+\S*$/, '')} …`;
}

const ADVICE = /[,;:] (?:or )?(?:use|try|see|run|eject it, or use|give)\b[^;:]*(?:\s-\w|--\w|vmctl|vm-)[^;:]*$/;

/* Remove advice to type something, because there is no command line here. */
export function untyped(why) {
	return why.replace(/ \((?:--[\w-]+|see\b[^()]*)\)/, '')
		.replace(/[,;:] modprobe\b.*$/, '')
		.replace(ADVICE, '');
}

export function plainly(why) {
	for (const [pattern, say] of KNOWN) {
		const match = pattern.exec(why);
		if (match)
			return say(match);
	}
	return uncut(untyped(why));
}
