/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz the probe of an image. The input is a sparse image: 2 bytes are its size
 * in units of 64 KiB; then come sectors, each with its number in 3 bytes and
 * its 512 bytes. The rest is zeros. t/fuzz/seeds makes such inputs.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image/boot.h"
#include "image/packed.h"
#include "image/probe.h"

#define READS_MAX     200
#define ZIP_READS_MAX 4000
#define SECTOR	      512
#define RECORD	      (3 + SECTOR)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct input {
	const uint8_t *data;
	uint64_t len, size;
	unsigned reads, reads_max;
};

static int
read_input(void *ctx, void *buf, size_t len, uint64_t off)
{
	struct input *in = ctx;
	const uint8_t *r;
	uint64_t at;
	size_t i;

	if (off > in->size || len > in->size - off ||
	    ++in->reads > in->reads_max)
		abort();
	memset(buf, 0, len);
	for (r = in->data; r + RECORD <= in->data + in->len; r += RECORD) {
		at = ((uint64_t)r[0] << 16 | r[1] << 8 | r[2]) * SECTOR;
		for (i = 0; i < SECTOR; i++)
			if (at + i >= off && at + i < off + len)
				((uint8_t *)buf)[at + i - off] = r[3 + i];
	}
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = {.data = data + 2, .reads_max = READS_MAX};
	struct image_reader reader = {read_input, &in, 0};
	struct image_info info;
	char text[IMAGE_BOOT_TEXT_SIZE];
	struct image_xz xz;
	struct image_zip zip;
	bool failed;
	enum image_media media;
	size_t i;

	if (len < 3)
		return 0;
	in.len = len - 2;
	in.size = (uint64_t)(data[0] << 8 | data[1]) << 16;
	reader.size = in.size;
	if (image_probe(&reader, &info) == -1)
		abort();
	if (memchr(info.label, '\0', sizeof(info.label)) == NULL)
		abort();
	for (i = 0; info.label[i] != '\0'; i++)
		if ((unsigned char)info.label[i] < ' ')
			abort();
	if (*info.name == '\0')
		abort();
	in.reads_max = ZIP_READS_MAX;
	in.reads = 0;
	if (image_parse_xz(&reader, &xz) == -1)
		abort();
	if (image_parse_zip(&reader, &zip, &failed) == NULL &&
	    (zip.at > in.size || zip.packed > in.size - zip.at))
		abort();
	(void)image_boot_text(&info, IMAGE_CD, text);
	(void)image_boot_text(&info, IMAGE_DISK, text);
	(void)image_media_choose(&info, IMAGE_CD_MAX, &media);
	(void)image_media_fits(&info, IMAGE_DISK, IMAGE_CD_MAX);
	return 0;
}
