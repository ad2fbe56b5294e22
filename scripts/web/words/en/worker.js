/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The words of the worker: what is wrong with a file or a connection, as the
 * second half of a sentence. Runs anywhere.
 */

export const LINK = {
	ours: 'by this page',
	none: 'no connection',
	taken: 'the slot is taken',
	ejected: 'ejected',
	busy: 'busy, try again',
	broke: 'the connection broke',
	notAllowed: 'not allowed',
	code: (code) => `the server closed the connection with code ${code}`,
	networkDown: 'the network was down',
	silent: 'the server is silent',
	noAnswer: 'the server does not answer',
	text: 'the server sent text in place of NBD',
	disconnected: 'the server disconnected',
};

export const FILE = {
	empty: 'the file is empty',
	otherEnds: 'the file has another beginning or end now',
	shorter: 'the file is shorter than it was',
	isSaving: 'another tab of this browser is saving these changes',
	inUse: 'another tab of this browser uses these changes',
	overlayShort: 'the overlay file is too short',
	memoryFull: 'no more memory for the host’s writes',
	notImage: (kind, advice) => `it is ${kind}. ${advice}`,
};

const UNPACK = 'Unpack it, and choose the image that is in it.';
const CONVERT = 'Convert it to a raw image, and choose that.';
const WRONG = 'Choose a CD or disk image.';

/* What a file is if it is not an image, and what to do. */
export const KINDS = {
	xz: ['packed (xz)', UNPACK],
	gzip: ['packed (gzip)', UNPACK],
	zstd: ['packed (zstd)', UNPACK],
	bzip2: ['packed (bzip2)', UNPACK],
	lz4: ['packed (lz4)', UNPACK],
	zip: ['a zip archive', UNPACK],
	sevenZip: ['a 7z archive', UNPACK],
	rar: ['a rar archive', UNPACK],
	tar: ['a tar archive', UNPACK],
	qcow2: ['a disk of a virtual machine (qcow2)', CONVERT],
	vmdk: ['a disk of a virtual machine (VMDK)', CONVERT],
	vhdx: ['a disk of a virtual machine (VHDX)', CONVERT],
	vhd: ['a disk of a virtual machine (VHD)', CONVERT],
	vdi: ['a disk of a virtual machine (VDI)', CONVERT],
	qed: ['a disk of a virtual machine (QED)', CONVERT],
	parallels: ['a disk of a virtual machine (Parallels)', CONVERT],
	wim: ['a Windows image (WIM)', WRONG],
	jpeg: ['a photograph (JPEG)', WRONG],
	png: ['a picture (PNG)', WRONG],
	gif: ['a picture (GIF)', WRONG],
	heic: ['a photograph (HEIC)', WRONG],
	avif: ['a picture (AVIF)', WRONG],
	webp: ['a picture (WebP)', WRONG],
	tiff: ['a photograph (TIFF)', WRONG],
	pdf: ['a document (PDF)', WRONG],
	page: ['a web page', WRONG],
	xml: ['text (XML)', WRONG],
};
