/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What is known of an image, and where it is read from.
 */
#ifndef VM_IMAGE_INFO_H
#define VM_IMAGE_INFO_H

#include <stddef.h>
#include <stdint.h>

#define IMAGE_CD_BLOCK	 2048
#define IMAGE_DISK_BLOCK 512

enum image_format {
	IMAGE_RAW, /* none of those below: a file system, data, nothing */
	IMAGE_ISO9660,
	IMAGE_HYBRID, /* ISO 9660 with a partition table: CD and disk */
	IMAGE_UDF,
	IMAGE_MBR,
	IMAGE_GPT,
	/* From here on: no image that a host could use as it is. */
	IMAGE_HTML,
	IMAGE_XZ,
	IMAGE_GZIP,
	IMAGE_ZSTD,
	IMAGE_BZIP2,
	IMAGE_ZIP,
	IMAGE_QCOW2,
	IMAGE_VMDK,
	IMAGE_VHDX,
};

enum image_media {
	IMAGE_CD,
	IMAGE_DISK,
};

/* What a firmware finds to start, as a set of bits. */
#define IMAGE_BOOT_CD_BIOS   0x1 /* El Torito, platform x86 */
#define IMAGE_BOOT_CD_EFI    0x2 /* El Torito, platform EFI */
#define IMAGE_BOOT_DISK_BIOS 0x4 /* code in a boot sector (55 AA) */
#define IMAGE_BOOT_DISK_EFI  0x8 /* an EFI system partition */
#define IMAGE_BOOT_BIOS	     (IMAGE_BOOT_CD_BIOS | IMAGE_BOOT_DISK_BIOS)
#define IMAGE_BOOT_EFI	     (IMAGE_BOOT_CD_EFI | IMAGE_BOOT_DISK_EFI)

/* 32 bytes of ISO 9660 or 126 of UDF, as UTF-8, with the NUL. */
#define IMAGE_LABEL_SIZE 256

struct image_info {
	uint64_t size; /* bytes */
	/*
	 * Bytes that its volume descriptors and partitions reach, 0 where
	 * nothing says. More than size: it was cut short.
	 */
	uint64_t claimed;
	enum image_format format;
	unsigned boot;	    /* IMAGE_BOOT_* */
	unsigned udf_block; /* bytes of a UDF volume's block, or 0 */
	/*
	 * The volume's name, valid UTF-8, "" where it has none. No control
	 * or direction characters, no space at either end.
	 */
	char label[IMAGE_LABEL_SIZE];
};

/*
 * Where the image is read from. pread reads exactly len bytes at off, and is
 * never asked for one at or beyond size. It returns 0, or -1 with errno.
 */
struct image_reader {
	int (*pread)(void *ctx, void *buf, size_t len, uint64_t off);
	void *ctx;
	uint64_t size; /* bytes */
};

#endif
