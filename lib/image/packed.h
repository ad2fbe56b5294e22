/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Find what other programs need to unpack a packed image: the blocks of an xz
 * file (The .xz File Format 1.1.0), and the image's place in a zip archive
 * (PKWARE's APPNOTE.TXT 6.3.10).
 */
#ifndef VM_IMAGE_PACKED_H
#define VM_IMAGE_PACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "image/info.h"

struct image_xz {
	uint64_t blocks;  /* number of blocks */
	uint64_t size;	  /* bytes of the image */
	uint64_t largest; /* bytes of the largest block, unpacked */
};

/*
 * Read the index of an xz file. Returns 1; 0 if the file is not one stream with
 * a valid index (xz(1) may still be able to unpack it); or -1 with the reader's
 * errno.
 */
int image_parse_xz(const struct image_reader *reader, struct image_xz *xz);

#define IMAGE_ZIP_STORED  0
#define IMAGE_ZIP_DEFLATE 8

struct image_zip {
	uint64_t at;	 /* bytes: where the packed data begins */
	uint64_t packed; /* bytes of the packed data */
	uint64_t size;	 /* bytes of the image */
	uint32_t crc;	 /* CRC-32 of the image */
	unsigned method; /* IMAGE_ZIP_* */
};

/*
 * Find the image in a zip archive: its only file, or the only file with the
 * name of an image (.img, .iso, .raw, .bin, .dd, .vfd, .ima, .udf). Returns
 * NULL and sets *zip; or returns the reason why there is no image, as static
 * text that follows "unable to open URL: ". *failed tells whether the reader
 * failed, with errno.
 */
const char *image_parse_zip(
    const struct image_reader *reader, struct image_zip *zip, bool *failed);

#endif
