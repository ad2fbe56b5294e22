/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What must be known of a packed image to unpack it: the blocks of an xz file
 * (The .xz File Format 1.1.0), and where the image lies in a zip archive (PKWARE's
 * APPNOTE.TXT 6.3.10). Other programs unpack the data itself.
 */
#ifndef VM_IMAGE_PACKED_H
#define VM_IMAGE_PACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "image/info.h"

struct image_xz {
	uint64_t blocks;  /* their number */
	uint64_t size;	  /* bytes of the image */
	uint64_t largest; /* bytes of the largest block, unpacked */
};

/*
 * Read the index of an xz file. Returns 1; 0 if the file is not one stream with
 * a right index, which xz(1) can unpack all the same; or -1 with the reader's
 * errno.
 */
int image_parse_xz(const struct image_reader *reader, struct image_xz *xz);

#define IMAGE_ZIP_STORED  0
#define IMAGE_ZIP_DEFLATE 8

struct image_zip {
	uint64_t at;	 /* bytes: where the packed data begins */
	uint64_t packed; /* its bytes */
	uint64_t size;	 /* bytes of the image */
	uint32_t crc;	 /* CRC-32 of the image */
	unsigned method; /* IMAGE_ZIP_* */
};

/*
 * Find the one image in a zip archive: its only file, or the only one whose name
 * says so (.img, .iso, .raw, .bin, .dd, .vfd, .ima, .udf). Returns NULL and sets
 * *zip; or why there is none: static text that follows "unable to open URL: ".
 * An error of the reader sets *failed, with errno.
 */
const char *image_parse_zip(
    const struct image_reader *reader, struct image_zip *zip, bool *failed);

#endif
