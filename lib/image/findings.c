/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "image/findings.h"
#include "image/media.h"

static void __attribute__((format(printf, 2, 3)))
add_warning(struct image_findings *found, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(found->warnings[found->warning_count++], IMAGE_WARNING_SIZE,
	    format, ap);
	va_end(ap);
}

/* Warn of bytes that are missing, or that the host will not see. */
static void
judge_size(struct image_findings *found)
{
	const struct image_info *info = &found->info;

	if (found->missing > 0)
		add_warning(found,
		    "the image is shorter than its own volume says: %" PRIu64
		    " of %" PRIu64 " bytes",
		    info->size, info->claimed);
	if (found->hidden > 0)
		add_warning(found,
		    "the last %u bytes are less than a block: the host will "
		    "not see them",
		    found->hidden);
}

/*
 * Warn of what does not work in this kind of drive, if the image was made for
 * the other kind.
 */
static void
judge_media(struct image_findings *found, enum image_media media)
{
	const struct image_info *info = &found->info;
	enum image_media other = media == IMAGE_CD ? IMAGE_DISK : IMAGE_CD;
	unsigned here = image_media_boot(info, media);
	unsigned there = image_media_boot(info, other);
	char text[IMAGE_BOOT_TEXT_SIZE];

	if (info->format == IMAGE_RAW && info->boot == 0)
		add_warning(found,
		    "nothing is recognised in it, no partition table, file "
		    "system or boot code: is it an image of a disk?");
	if (image_is_optical(info) == (media == IMAGE_CD))
		return;
	if (((there & IMAGE_BOOT_BIOS) != 0 && (here & IMAGE_BOOT_BIOS) == 0) ||
	    ((there & IMAGE_BOOT_EFI) != 0 && (here & IMAGE_BOOT_EFI) == 0) ||
	    (image_media_arch(info, other) & ~image_media_arch(info, media)) !=
		0)
		add_warning(found, "as a %s: %s; as a %s it %s",
		    image_media_name(media), found->summary,
		    image_media_name(other),
		    image_boot_text(info, other, text));
	if (media == IMAGE_CD && info->format != IMAGE_RAW)
		add_warning(found,
		    "no host can read it in a CD drive: %s is made for disks",
		    info->name);
	else if (media == IMAGE_DISK && info->format != IMAGE_HYBRID)
		add_warning(found,
		    "many hosts cannot read it in a disk drive: %s is made "
		    "for CD drives",
		    info->name);
}

void
image_judge(
    struct image_findings *found, const char *reason, enum image_media media)
{
	const struct image_info *info = &found->info;
	unsigned boot = info->boot, arch = info->cd_arch | info->disk_arch;

	if (info->claimed > info->size)
		found->missing = info->claimed - info->size;
	if (reason == NULL) {
		boot = image_media_boot(info, media);
		arch = image_media_arch(info, media);
		found->media = image_media_name(media);
		found->hidden = info->size % (media == IMAGE_CD ? IMAGE_CD_BLOCK
								: info->sector);
		image_boot_text(info, media, found->summary);
	}
	found->bios = boot & IMAGE_BOOT_BIOS;
	found->efi = boot & IMAGE_BOOT_EFI;
	image_arch_text(arch, found->arch);
	judge_size(found);
	if (reason == NULL)
		judge_media(found, media);
}
