/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Which drive an image goes into, by its format and size.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "image/probe.h"

#define GIB (UINT64_C(1) << 30)

static struct image_info info;
static enum image_media media;

static const char *
choose(enum image_format format, uint64_t size, uint64_t cd_max)
{
	memset(&info, 0, sizeof(info));
	info.format = format;
	info.size = size;
	media = (enum image_media)7;
	return image_media_choose(&info, cd_max, &media);
}

static int
chooses(enum image_format format, uint64_t size, enum image_media want)
{
	return choose(format, size, IMAGE_CD_MAX) == NULL && media == want;
}

static void
test_choice(void)
{
	CHECK(IMAGE_CD_MAX == UINT64_C(2359293952));
	CHECK(chooses(IMAGE_ISO9660, IMAGE_CD_MAX, IMAGE_CD));
	CHECK(chooses(IMAGE_ISO9660, IMAGE_CD_MIN, IMAGE_CD));
	CHECK(chooses(IMAGE_HYBRID, IMAGE_CD_MAX, IMAGE_CD));
	CHECK(chooses(IMAGE_HYBRID, IMAGE_CD_MAX + 1, IMAGE_DISK));
	CHECK(chooses(IMAGE_HYBRID, IMAGE_CD_MIN - 1, IMAGE_DISK));
	CHECK(chooses(IMAGE_UDF, IMAGE_CD_MAX, IMAGE_CD));
	CHECK(chooses(IMAGE_MBR, 100 * GIB, IMAGE_DISK));
	CHECK(chooses(IMAGE_GPT, 100 * GIB, IMAGE_DISK));
	CHECK(chooses(IMAGE_RAW, 512, IMAGE_DISK));
	CHECK(choose(IMAGE_ISO9660, IMAGE_CD_MAX + 1, IMAGE_CD_MAX) != NULL);
	CHECK(choose(IMAGE_ISO9660, IMAGE_CD_MIN - 1, IMAGE_CD_MAX) != NULL);
	CHECK(choose(IMAGE_UDF, IMAGE_CD_MAX + 1, IMAGE_CD_MAX) != NULL);
	CHECK(choose(IMAGE_RAW, 0, IMAGE_CD_MAX) != NULL);
	CHECK(media == 7);
	info.format = IMAGE_UDF;
	info.udf_block = 512;
	info.size = 100 * GIB;
	CHECK(image_media_choose(&info, IMAGE_CD_MAX, &media) == NULL);
	CHECK(media == IMAGE_DISK);
}

/* The kernel's DVD patch raises the limit, and the message mentions it. */
static void
test_dvd(void)
{
	const char *reason;
	char number[24];

	CHECK(choose(IMAGE_ISO9660, 5 * GIB, IMAGE_DVD_MAX) == NULL);
	CHECK(media == IMAGE_CD);
	reason = choose(IMAGE_ISO9660, 5 * GIB, IMAGE_CD_MAX);
	snprintf(number, sizeof(number), "%" PRIu64, IMAGE_CD_MAX);
	CHECK(strstr(reason, "DVD patch") && strstr(reason, number));
	CHECK(strstr(reason, "--drive own"));
	reason = choose(IMAGE_ISO9660, 32 * GIB, IMAGE_DVD_MAX);
	snprintf(number, sizeof(number), "%" PRIu64, IMAGE_DVD_MAX);
	CHECK(!strstr(reason, "DVD patch") && strstr(reason, number));
}

static void
test_forced(void)
{
	choose(IMAGE_RAW, GIB, IMAGE_CD_MAX);
	CHECK(image_media_fits(&info, IMAGE_CD, IMAGE_CD_MAX) == NULL);
	choose(IMAGE_ISO9660, 5 * GIB, IMAGE_CD_MAX);
	CHECK(image_media_fits(&info, IMAGE_DISK, IMAGE_CD_MAX) == NULL);
	CHECK(image_media_fits(&info, IMAGE_CD, IMAGE_CD_MAX) != NULL);
	choose(IMAGE_HYBRID, 5 * GIB, IMAGE_CD_MAX);
	CHECK(image_media_fits(&info, IMAGE_CD, IMAGE_CD_MAX) != NULL);
	CHECK(image_media_fits(&info, IMAGE_CD, IMAGE_OWN_MAX) == NULL);
	info.size = 2048;
	CHECK(image_media_fits(&info, IMAGE_CD, IMAGE_CD_MAX) != NULL);
	CHECK(image_media_fits(&info, IMAGE_CD, IMAGE_OWN_MAX) == NULL);
}

static uint64_t
padded(enum image_format format, uint64_t size, unsigned sector)
{
	memset(&info, 0, sizeof(info));
	info.format = format;
	info.size = size;
	info.sector = sector;
	return image_padded_size(&info);
}

static void
test_padding(void)
{
	CHECK(padded(IMAGE_RAW, 0, 512) == 0);
	CHECK(padded(IMAGE_RAW, 1, 512) == 512);
	CHECK(padded(IMAGE_RAW, 512, 512) == 512);
	CHECK(padded(IMAGE_GPT, 4097, 4096) == 8192);
	CHECK(padded(IMAGE_ISO9660, 1, 512) == 300 * 2048);
	CHECK(padded(IMAGE_UDF, 300 * 2048 + 1, 512) == 301 * 2048);
	CHECK(padded(IMAGE_RAW, UINT64_MAX, 512) == UINT64_MAX - 511);
	CHECK(padded(IMAGE_HYBRID, UINT64_MAX, 512) == UINT64_MAX - 2047);
	CHECK(padded(IMAGE_RAW, UINT64_MAX - 511, 512) == UINT64_MAX - 511);
}

int
main(void)
{
	test_choice();
	test_dvd();
	test_forced();
	test_padding();
	return check_status();
}
