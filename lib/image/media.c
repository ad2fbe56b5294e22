/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "image/media.h"

/* Names, and why not where that is clear from the format. */
static const struct {
	const char *name, *reason;
} formats[] = {
    [IMAGE_RAW] = {"raw", NULL},
    [IMAGE_ISO9660] = {"iso9660", NULL},
    [IMAGE_HYBRID] = {"hybrid", NULL},
    [IMAGE_UDF] = {"udf", NULL},
    [IMAGE_MBR] = {"mbr", NULL},
    [IMAGE_GPT] = {"gpt", NULL},
    [IMAGE_HTML] = {"html", "it is a web page (a login page?), not an image"},
    [IMAGE_XZ] = {"xz", "it is compressed: decompress it first (xz -d)"},
    [IMAGE_GZIP] = {"gz", "it is compressed: decompress it first (gzip -d)"},
    [IMAGE_ZSTD] = {"zst", "it is compressed: decompress it first (zstd -d)"},
    [IMAGE_BZIP2] = {"bz2", "it is compressed: decompress it first (bzip2 -d)"},
    [IMAGE_ZIP] = {"zip", "it is a zip archive: unpack it first (unzip)"},
    [IMAGE_QCOW2] = {"qcow2", "it is a qcow2 disk of a virtual machine: "
			      "convert it first (qemu-img convert -O raw)"},
    [IMAGE_VMDK] = {"vmdk", "it is a VMDK disk of a virtual machine: "
			    "convert it first (qemu-img convert -O raw)"},
    [IMAGE_VHDX] = {"vhdx", "it is a VHDX disk of a virtual machine: "
			    "convert it first (qemu-img convert -O raw)"},
};

const char *
image_format_name(enum image_format format)
{
	return formats[format].name;
}

const char *
image_format_reason(enum image_format format)
{
	return formats[format].reason;
}

const char *
image_media_name(enum image_media media)
{
	return media == IMAGE_CD ? "cd" : "disk";
}

unsigned
image_media_boot(const struct image_info *info, enum image_media media)
{
	return info->boot &
	       (media == IMAGE_CD ? IMAGE_BOOT_CD_BIOS | IMAGE_BOOT_CD_EFI
				  : IMAGE_BOOT_DISK_BIOS | IMAGE_BOOT_DISK_EFI);
}

const char *
image_media_fits(
    const struct image_info *info, enum image_media media, uint64_t cd_max)
{
	if (info->size == 0)
		return "it is empty";
	if (formats[info->format].reason != NULL)
		return formats[info->format].reason;
	if (info->size < IMAGE_DISK_BLOCK)
		return "it is smaller than one block of a disk";
	if (media == IMAGE_DISK)
		return NULL;
	if (info->size < IMAGE_CD_MIN)
		return "it is smaller than a CD-ROM drive can show: pad it "
		       "with zeros to 614400 bytes, as vm-fetchd does";
	if (info->size <= cd_max)
		return NULL;
	if (cd_max < IMAGE_DVD_MAX)
		return "it is larger than the 2359293952 bytes that this "
		       "kernel's CD-ROM drive can show: use a kernel "
		       "with the DVD patch, or a disk image";
	return "it is larger than the 33957083136 bytes that a DVD-ROM drive "
	       "can show: use a disk image";
}

/* A UDF volume of 512-byte blocks was made for a disk: no CD can be read so. */
static bool
is_optical(const struct image_info *info)
{
	return info->format == IMAGE_ISO9660 || info->format == IMAGE_HYBRID ||
	       (info->format == IMAGE_UDF &&
		   (info->udf_block == 0 || info->udf_block == IMAGE_CD_BLOCK));
}

const char *
image_media_choose(
    const struct image_info *info, uint64_t cd_max, enum image_media *media)
{
	enum image_media best = is_optical(info) ? IMAGE_CD : IMAGE_DISK;
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
image_padded_size(uint64_t size, bool iso9660)
{
	uint64_t block = iso9660 ? IMAGE_CD_BLOCK : IMAGE_DISK_BLOCK;

	if (iso9660 && size < IMAGE_CD_MIN)
		return IMAGE_CD_MIN;
	if (size > UINT64_MAX - (block - 1))
		return size - size % block;
	return (size + block - 1) / block * block;
}
