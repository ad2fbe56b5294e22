/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What is known about an image, and how it is read.
 */
#ifndef VM_IMAGE_INFO_H
#define VM_IMAGE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_CD_BLOCK	 2048
#define IMAGE_DISK_BLOCK 512

enum image_format {
	IMAGE_RAW, /* no format is recognised */
	IMAGE_ISO9660,
	IMAGE_HYBRID, /* ISO 9660 with a partition table: CD and disk */
	IMAGE_UDF,
	IMAGE_MBR,
	IMAGE_GPT,
	IMAGE_FILESYSTEM, /* without a partition table */
	IMAGE_FOREIGN,	  /* no image, or a host cannot use it unchanged */
};

enum image_media {
	IMAGE_CD,
	IMAGE_DISK,
};

/* A kind of file that a host cannot use as an image (foreign.h). */
struct image_foreign {
	const char *name; /* a word: "html", "xz", "qcow2" */
	/* The reason, and what helps: text after "unable to use FILE: ". */
	const char *reason;
	bool packed; /* vm-fetchd can unpack it */
};

/* What a firmware can boot, as a set of bits. */
#define IMAGE_BOOT_CD_BIOS   0x1 /* El Torito, platform x86 */
#define IMAGE_BOOT_CD_EFI    0x2 /* El Torito, a FAT with a boot loader */
#define IMAGE_BOOT_DISK_BIOS 0x4 /* code in a boot sector (55 AA) */
#define IMAGE_BOOT_DISK_EFI  0x8 /* a FAT with a boot loader */
#define IMAGE_BOOT_BIOS	     (IMAGE_BOOT_CD_BIOS | IMAGE_BOOT_DISK_BIOS)
#define IMAGE_BOOT_EFI	     (IMAGE_BOOT_CD_EFI | IMAGE_BOOT_DISK_EFI)

/* The processors for which \EFI\BOOT has a boot loader, as a set of bits. */
#define IMAGE_ARCH_X64	   0x01
#define IMAGE_ARCH_IA32	   0x02
#define IMAGE_ARCH_AA64	   0x04
#define IMAGE_ARCH_ARM	   0x08
#define IMAGE_ARCH_RISCV64 0x10
#define IMAGE_ARCH_LOONG64 0x20
#define IMAGE_ARCH_IA64	   0x40

/* Bytes of a label in UTF-8, with its NUL: UDF has 126 letters of 8 bits, NTFS
 * 128 characters. A longer label is cut. */
#define IMAGE_LABEL_SIZE 256

struct image_info {
	uint64_t size; /* bytes */
	/*
	 * The size in bytes by its volume descriptors and partitions; 0: they
	 * say none. If it is more than size, the image was cut off.
	 */
	uint64_t claimed;
	enum image_format format;
	const char *name; /* static: "iso9660", "fat", "xz" */
	const struct image_foreign *foreign; /* for IMAGE_FOREIGN, else NULL */
	unsigned boot;			     /* IMAGE_BOOT_* */
	/* IMAGE_ARCH_* for IMAGE_BOOT_CD_EFI and for IMAGE_BOOT_DISK_EFI. */
	unsigned cd_arch, disk_arch;
	unsigned udf_block; /* bytes of a UDF volume's block, or 0 */
	/*
	 * Bytes of a sector: 4096 if its partition table or file system counts
	 * in such sectors, which the drive must then have; otherwise 512.
	 */
	unsigned sector;
	/*
	 * The volume's label in valid UTF-8; "": it has none. It has no control
	 * or direction characters, and no space at either end.
	 */
	char label[IMAGE_LABEL_SIZE];
};

/*
 * How the image is read. pread reads exactly len bytes at off, and is never
 * called for bytes beyond size. It returns 0, or -1 with errno.
 */
struct image_reader {
	int (*pread)(void *ctx, void *buf, size_t len, uint64_t off);
	void *ctx;
	uint64_t size; /* bytes */
};

#endif
