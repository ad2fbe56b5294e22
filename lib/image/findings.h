/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What people should know of an image in the drive that it goes into: how it
 * boots there, and what is lost.
 */
#ifndef VM_IMAGE_FINDINGS_H
#define VM_IMAGE_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "image/boot.h"
#include "image/info.h"

#define IMAGE_WARNINGS_MAX 8
#define IMAGE_WARNING_SIZE 320

/* Everything that vm-probe prints. */
struct image_findings {
	struct image_info info;
	const char *media;		 /* NULL: it can't be used */
	bool bios, efi;			 /* boots so, in that kind of drive */
	char arch[IMAGE_BOOT_TEXT_SIZE]; /* "x64 aa64", of efi */
	char summary[IMAGE_BOOT_TEXT_SIZE]; /* the same for people */
	uint64_t
	    missing;	 /* bytes cut off, by what the image says of its size */
	unsigned hidden; /* bytes at the end that fill no block of the drive */
	char warnings[IMAGE_WARNINGS_MAX][IMAGE_WARNING_SIZE];
	unsigned warning_count;
};

/*
 * Fill in the rest, which is all zeros, by what info says: how the image boots
 * in a drive of that kind, and the warnings. With a reason no drive fits, and it
 * is how the image boots in any drive.
 */
void image_judge(
    struct image_findings *found, const char *reason, enum image_media media);

#endif
