/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Recognizes files that are not images of a drive by their first octets, and
 * tells the user what to do. Runs in the worker, and in node.
 */

import { FILE, KINDS } from '../words/en.js';

/* [octets in Latin-1, where they are, which of KINDS it is] */
const MARKS = [
	['\xfd7zXZ\0', 0, 'xz'],
	['\x1f\x8b\x08', 0, 'gzip'],
	['\x28\xb5\x2f\xfd', 0, 'zstd'],
	['BZh', 0, 'bzip2'],
	['\x04\x22\x4d\x18', 0, 'lz4'],
	['PK\x03\x04', 0, 'zip'],
	['7z\xbc\xaf\x27\x1c', 0, 'sevenZip'],
	['Rar!\x1a\x07', 0, 'rar'],
	['ustar', 257, 'tar'],
	['QFI\xfb', 0, 'qcow2'],
	['KDMV', 0, 'vmdk'],
	['COWD', 0, 'vmdk'],
	['# Disk Descri', 0, 'vmdk'],
	['vhdxfile', 0, 'vhdx'],
	['conectix', 0, 'vhd'],
	['QED\0', 0, 'qed'],
	['WithoutFreeSpace', 0, 'parallels'],
	['WithouFreSpacExt', 0, 'parallels'],
	['\x7f\x10\xda\xbe', 64, 'vdi'],
	['MSWIM\0\0\0', 0, 'wim'],
	['\xff\xd8\xff', 0, 'jpeg'],
	['\x89PNG\r\n\x1a\n', 0, 'png'],
	['GIF8', 0, 'gif'],
	['ftyphei', 4, 'heic'],
	['ftypmif1', 4, 'heic'],
	['ftypavif', 4, 'avif'],
	['WEBP', 8, 'webp'],
	['II*\0', 0, 'tiff'],
	['MM\0*', 0, 'tiff'],
	['%PDF-', 0, 'pdf'],
	['<!DOCTYPE', 0, 'page'],
	['<!doctype', 0, 'page'],
	['<html', 0, 'page'],
	['<?xml', 0, 'xml'],
];

export const HEAD = 512; /* octets that notImage() looks at */

/* Why the octets are not those of an image, or null. Octets with the mark of a
 * boot sector are an image, no matter how they begin. */
export function notImage(head) {
	if (head[510] === 0x55 && head[511] === 0xaa)
		return null;
	const text = String.fromCharCode(...head.subarray(0, HEAD));
	const found = MARKS.find(([mark, at]) => text.startsWith(mark, at));
	return found ? FILE.notImage(...KINDS[found[2]]) : null;
}
