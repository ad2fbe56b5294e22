/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "image/media.h"

const char *
image_media_name(enum image_media media)
{
	return media == IMAGE_CD ? "cd" : "disk";
}

int
image_media_list(const char *words, enum image_media drives[], unsigned max)
{
	unsigned count;
	size_t len;

	for (count = 0; *words != '\0'; count++) {
		len = strcspn(words, " ");
		if (count == max ||
		    !((len == 2 && strncmp(words, "cd", 2) == 0) ||
			(len == 4 && strncmp(words, "disk", 4) == 0)))
			return -1;
		drives[count] = len == 2 ? IMAGE_CD : IMAGE_DISK;
		words += len + strspn(words + len, " ");
	}
	return (int)count;
}

unsigned
image_media_boot(const struct image_info *info, enum image_media media)
{
	return info->boot &
	       (media == IMAGE_CD ? IMAGE_BOOT_CD_BIOS | IMAGE_BOOT_CD_EFI
				  : IMAGE_BOOT_DISK_BIOS | IMAGE_BOOT_DISK_EFI);
}

unsigned
image_media_arch(const struct image_info *info, enum image_media media)
{
	return media == IMAGE_CD ? info->cd_arch : info->disk_arch;
}

const char *
image_media_fits(
    const struct image_info *info, enum image_media media, uint64_t cd_max)
{
	if (info->size == 0)
		return "it is empty";
	if (info->foreign != NULL)
		return info->foreign->reason;
	if (info->size < IMAGE_DISK_BLOCK)
		return "it is smaller than one block of a disk";
	if (media == IMAGE_DISK)
		return NULL;
	if (info->size < IMAGE_CD_MIN && cd_max != IMAGE_OWN_MAX)
		return "it is smaller than a CD-ROM drive can show: pad it "
		       "with zeros to 614400 bytes (truncate -s 614400), or "
		       "mount it with vmctl, which does so";
	if (info->size <= cd_max)
		return NULL;
	if (cd_max < IMAGE_DVD_MAX)
		return "it is larger than the 2359293952 bytes that this "
		       "kernel's CD-ROM drive can show: use vm-drive (vmctl "
		       "mount --drive own), a kernel with the DVD patch, or a "
		       "disk image";
	return "it is larger than the 33957083136 bytes that a DVD-ROM drive "
	       "can show: use a disk image";
}

bool
image_media_is_too_large(const struct image_info *info, uint64_t cd_max)
{
	return info->foreign == NULL && info->size > cd_max;
}

bool
image_is_optical(const struct image_info *info)
{
	return info->format == IMAGE_ISO9660 || info->format == IMAGE_HYBRID ||
	       (info->format == IMAGE_UDF &&
		   (info->udf_block == 0 || info->udf_block == IMAGE_CD_BLOCK));
}

const char *
image_media_choose(
    const struct image_info *info, uint64_t cd_max, enum image_media *media)
{
	enum image_media best = image_is_optical(info) ? IMAGE_CD : IMAGE_DISK;
	const char *reason;

	reason = image_media_fits(info, best, cd_max);
	if (reason != NULL && info->format == IMAGE_HYBRID) {
		best = IMAGE_DISK;
		reason = image_media_fits(info, best, cd_max);
	}
	if (reason == NULL)
		*media = best;
	return reason;
}

uint64_t
image_padded_size(const struct image_info *info)
{
	bool optical = image_is_optical(info);
	uint64_t block = optical	     ? IMAGE_CD_BLOCK
			 : info->sector != 0 ? info->sector
					     : IMAGE_DISK_BLOCK;
	uint64_t size = info->size;

	if (optical && size < IMAGE_CD_MIN)
		return IMAGE_CD_MIN;
	if (size > UINT64_MAX - (block - 1))
		return size - size % block;
	return (size + block - 1) / block * block;
}
