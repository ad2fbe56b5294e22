/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What people should know about an image in its drive: how it boots there, and
 * what does not work there.
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
	const char *media; /* its kind of drive; NULL: none */
	bool bios, efi;	   /* how it boots in this kind of drive */
	char arch[IMAGE_BOOT_TEXT_SIZE];    /* "x64 aa64", for efi */
	char summary[IMAGE_BOOT_TEXT_SIZE]; /* the same for people */
	uint64_t
	    missing;	 /* bytes that are missing of the size that it claims */
	unsigned hidden; /* bytes at the end that fill no block of the drive */
	char warnings[IMAGE_WARNINGS_MAX][IMAGE_WARNING_SIZE];
	unsigned warning_count;
};

/*
 * Fill in the fields after info, which are all zeros, from info: how the image
 * boots in this kind of drive, and the warnings. If reason is not NULL, no
 * drive fits: bios, efi and arch then tell how the image boots in any drive.
 */
void image_judge(
    struct image_findings *found, const char *reason, enum image_media media);

#endif
