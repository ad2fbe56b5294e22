/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What is known of an image, and where it is read from.
 */
#ifndef VM_IMAGE_INFO_H
#define VM_IMAGE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_CD_BLOCK	 2048
#define IMAGE_DISK_BLOCK 512

enum image_format {
	IMAGE_RAW, /* none of those below: nothing is recognised */
	IMAGE_ISO9660,
	IMAGE_HYBRID, /* ISO 9660 with a partition table: CD and disk */
	IMAGE_UDF,
	IMAGE_MBR,
	IMAGE_GPT,
	IMAGE_FILESYSTEM, /* without a partition table */
	IMAGE_FOREIGN,	  /* no image that a host could use as it is */
};

enum image_media {
	IMAGE_CD,
	IMAGE_DISK,
};

/* A kind of file that is no image for a host (foreign.h). */
struct image_foreign {
	const char *name; /* a word: "html", "xz", "qcow2" */
	/* Why, and what helps; it follows "unable to use FILE: ". */
	const char *reason;
	bool packed; /* vm-fetchd unpacks it */
};

/* What a firmware finds to start, as a set of bits. */
#define IMAGE_BOOT_CD_BIOS   0x1 /* El Torito, platform x86 */
#define IMAGE_BOOT_CD_EFI    0x2 /* El Torito, a FAT with a boot loader */
#define IMAGE_BOOT_DISK_BIOS 0x4 /* code in a boot sector (55 AA) */
#define IMAGE_BOOT_DISK_EFI  0x8 /* a FAT with a boot loader */
#define IMAGE_BOOT_BIOS	     (IMAGE_BOOT_CD_BIOS | IMAGE_BOOT_DISK_BIOS)
#define IMAGE_BOOT_EFI	     (IMAGE_BOOT_CD_EFI | IMAGE_BOOT_DISK_EFI)

/* For which processors \EFI\BOOT has a boot loader, as a set of bits. */
#define IMAGE_ARCH_X64	   0x01
#define IMAGE_ARCH_IA32	   0x02
#define IMAGE_ARCH_AA64	   0x04
#define IMAGE_ARCH_ARM	   0x08
#define IMAGE_ARCH_RISCV64 0x10
#define IMAGE_ARCH_LOONG64 0x20
#define IMAGE_ARCH_IA64	   0x40

/* 126 bytes of UDF or 128 characters of NTFS, as UTF-8, with the NUL. */
#define IMAGE_LABEL_SIZE 256

struct image_info {
	uint64_t size; /* bytes */
	/*
	 * Bytes that its volume descriptors and partitions reach, 0 where
	 * nothing says. More than size: it was cut short.
	 */
	uint64_t claimed;
	enum image_format format;
	const char *name; /* of the format, static: "iso9660", "fat", "xz" */
	const struct image_foreign *foreign; /* of IMAGE_FOREIGN, else NULL */
	unsigned boot;			     /* IMAGE_BOOT_* */
	/* IMAGE_ARCH_* of IMAGE_BOOT_CD_EFI and of IMAGE_BOOT_DISK_EFI. */
	unsigned cd_arch, disk_arch;
	unsigned udf_block; /* bytes of a UDF volume's block, or 0 */
	/*
	 * Bytes of the blocks that its partition table or file system counts
	 * in, if a drive must have the same: 4096. Otherwise 512.
	 */
	unsigned sector;
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
