/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The machine's Redfish resources in the form that this page uses, and image
 * addresses as people type them. Runs anywhere.
 */

const link = (object) => object?.['@odata.id'] ?? '';
const target = (resource, action) =>
	resource.Actions?.[`#${action}`]?.target ?? '';

/* A member of a VirtualMedia collection. */
export function slotOf(resource) {
	const more = resource.Oem?.Vmedia ?? {};
	const number = Number(/(\d+)$/.exec(resource.Id)?.[1] ?? 0);
	return {
		id: resource.Id, uri: link(resource), number,
		type: resource.MediaTypes?.some((type) => /CD|DVD/.test(type)) ?
			'cd' : 'disk',
		state: more.State ?? (resource.Inserted ? 'active' : 'empty'),
		reason: more.Reason ?? conditions(resource),
		inserted: Boolean(resource.Inserted),
		image: resource.Image ?? '', name: resource.ImageName ?? '',
		served: resource.ConnectedVia === 'Applet', /* by a browser or vmctl serve */
		writable: resource.WriteProtected === false,
		policy: resource.EjectPolicy ?? 'Persistent',
		expires: more.Expires ?? null, insertedAt: more.Inserted ?? null,
		label: more.Label ?? '', boots: more.Boot ?? '', bytes: more.SizeBytes ?? 0,
		host: more.HostState ?? '', rate: more.ReadBytesPerSecond ?? 0,
		read: more.BytesRead ?? 0, written: more.BytesWritten ?? 0,
		fetched: more.BytesFetched ?? 0, map: more.Map ?? '',
		verifies: resource.VerifyCertificate !== false,
		certificates: link(resource.Certificates),
		insert: target(resource, 'VirtualMedia.InsertMedia'),
		eject: target(resource, 'VirtualMedia.EjectMedia'),
	};
}

const conditions = (resource) => (resource.Status?.Conditions ?? [])
	.map(({ Message }) => Message).filter(Boolean).join(' ');

/* A ComputerSystem. */
export function systemOf(resource) {
	const boot = resource.Boot ?? {};
	const reset = resource.Actions?.['#ComputerSystem.Reset'];
	return {
		uri: link(resource), name: resource.HostName || resource.Name || '',
		power: resource.PowerState ?? null,
		media: link(resource.VirtualMedia),
		reset: reset?.target ?? '',
		resets: reset?.['ResetType@Redfish.AllowableValues'] ?? [],
		boot: { target: boot.BootSourceOverrideTarget ?? 'None',
			enabled: boot.BootSourceOverrideEnabled ?? 'Disabled',
			targets: boot['BootSourceOverrideTarget@Redfish.AllowableValues'] ??
				[] },
	};
}

/* The TransferProtocolType of InsertMedia for an address that is not a URL: NFS
 * for HOST:/PATH, and CIFS for //HOST/SHARE/PATH, also with \\. Undefined for
 * others. */
export function protocolOf(image) {
	if (/^[a-z][a-z0-9+.-]*:\/\//i.test(image))
		return undefined;
	if (/^(\/\/|\\\\)[^/\\]+[/\\]/.test(image))
		return 'CIFS';
	return /^[^/\s]+:\//.test(image) ? 'NFS' : undefined;
}

/* The address without its secrets: no user, password, query or fragment. */
export function withoutSecrets(image) {
	if (/^image:/.test(image))
		return image; /* its name, with spaces as they are */
	try {
		const url = new URL(image);
		url.username = url.password = url.search = url.hash = '';
		return url.href;
	} catch {
		return image.replace(/[?#].*/, '');
	}
}

/* Is `b` the address of the same image as `a`, except for a signature? */
export const isSameImage = (a, b) => withoutSecrets(a) === withoutSecrets(b);

/* The boot target that means this slot. */
export function bootTarget(slot, targets) {
	const wanted = slot.type === 'cd' ? 'Cd' : 'Usb';
	return targets.includes(wanted) ? wanted : '';
}

/* The reset type, of those that the host allows, that makes it boot; or
 * null. */
export function restartOf({ power, resets }) {
	const order = power === 'Off' ? ['On'] :
		['ForceRestart', 'PowerCycle', 'GracefulRestart'];
	return order.find((type) => resets.includes(type)) ?? null;
}

/* What the user should enter after this error of an insert: 'credentials',
 * 'certificate', or '' for neither. */
export function askedFor({ code, message, next, fields }) {
	if (code === 'ResourceAtUriUnauthorized' ||
	    fields.some((field) => /^(UserName|Password)$/.test(field)))
		return 'credentials';
	return code === 'CouldNotEstablishConnection' &&
		/certificate/i.test(`${message} ${next}`) ? 'certificate' : '';
}
