/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Files that are no image of a drive, by their first octets, with what to do.
 * Runs in the worker, and in node.
 */

const UNPACK = 'Unpack it, and choose the image that is in it.';
const CONVERT = 'Convert it to a raw image, and choose that.';
const WRONG = 'Choose a CD or disk image.';

/* [octets in Latin-1, where they are, what the file is, what to do] */
const KINDS = [
	['\xfd7zXZ\0', 0, 'packed (xz)', UNPACK],
	['\x1f\x8b\x08', 0, 'packed (gzip)', UNPACK],
	['\x28\xb5\x2f\xfd', 0, 'packed (zstd)', UNPACK],
	['BZh', 0, 'packed (bzip2)', UNPACK],
	['PK\x03\x04', 0, 'a zip archive', UNPACK],
	['7z\xbc\xaf\x27\x1c', 0, 'a 7z archive', UNPACK],
	['Rar!\x1a\x07', 0, 'a rar archive', UNPACK],
	['ustar', 257, 'a tar archive', UNPACK],
	['QFI\xfb', 0, 'a disk of a virtual machine (qcow2)', CONVERT],
	['KDMV', 0, 'a disk of a virtual machine (VMDK)', CONVERT],
	['# Disk Descri', 0, 'a disk of a virtual machine (VMDK)', CONVERT],
	['vhdxfile', 0, 'a disk of a virtual machine (VHDX)', CONVERT],
	['\x7f\x10\xda\xbe', 64, 'a disk of a virtual machine (VDI)', CONVERT],
	['MSWIM\0\0\0', 0, 'a Windows image (WIM)', WRONG],
	['\xff\xd8\xff', 0, 'a photograph (JPEG)', WRONG],
	['\x89PNG\r\n\x1a\n', 0, 'a picture (PNG)', WRONG],
	['GIF8', 0, 'a picture (GIF)', WRONG],
	['ftyphei', 4, 'a photograph (HEIC)', WRONG],
	['%PDF-', 0, 'a document (PDF)', WRONG],
	['<!DOCTYPE', 0, 'a web page', WRONG],
	['<!doctype', 0, 'a web page', WRONG],
	['<html', 0, 'a web page', WRONG],
	['<?xml', 0, 'text (XML)', WRONG],
];

export const HEAD = 512; /* octets that notImage() looks at */

/* Why the octets are not those of an image, or null. What has a boot sector's
 * mark is one, whatever it begins with. */
export function notImage(head) {
	if (head[510] === 0x55 && head[511] === 0xaa)
		return null;
	const text = String.fromCharCode(...head.subarray(0, HEAD));
	const found = KINDS.find(([mark, at]) => text.startsWith(mark, at));
	return found ? `it is ${found[2]}. ${found[3]}` : null;
}
