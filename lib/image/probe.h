/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What an image is, read from its own structures, and as which kind of drive
 * a USB mass-storage gadget can show it. Everything in an image is somebody
 * else's: each field is bounded before it is used, and nothing is allocated.
 */
#ifndef VM_IMAGE_PROBE_H
#define VM_IMAGE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_CD_BLOCK	 2048
#define IMAGE_DISK_BLOCK 512

/*
 * What a CD-ROM LUN can show, by fsg_lun_open() in the Linux kernel's
 * drivers/usb/gadget/function/storage_common.c: under 300 blocks it fails
 * with ETOOSMALL (errno 525, which has no name in user space); from
 * 256*60*75 blocks on, where a minute no longer fits its byte, it shows the
 * first 256*60*75-1 and tells nobody but the kernel log.
 */
#define IMAGE_CD_MIN ((uint64_t)300 * IMAGE_CD_BLOCK)
#define IMAGE_CD_MAX ((uint64_t)(256 * 60 * 75 - 1) * IMAGE_CD_BLOCK)

/*
 * The same for kernels with a DVD patch, such as PiKVM's "msd: dvd support":
 * READ DISC STRUCTURE answers with 0x30000 (where a DVD's data begins) plus
 * the number of blocks, in 24 bits.
 */
#define IMAGE_DVD_MAX ((uint64_t)(0xffffff - 0x30000) * IMAGE_CD_BLOCK)

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

/*
 * Find out what an image is: a dozen small reads, a hundred at most, however
 * large it is. Returns 0 and fills info; or -1 with the reader's errno.
 */
int image_probe(const struct image_reader *reader, struct image_info *info);

/* "iso9660", "hybrid", "udf", "mbr", "gpt", "raw", "html", "xz", ... */
const char *image_format_name(enum image_format format);

/*
 * Why a host cannot use the format, and what helps: static text that follows
 * "unable to use FILE: ". NULL where it can.
 */
const char *image_format_reason(enum image_format format);

/* "cd" or "disk". */
const char *image_media_name(enum image_media media);

/* The part of info->boot that counts in a drive of this kind. */
unsigned image_media_boot(
    const struct image_info *info, enum image_media media);

/*
 * Can the image be shown whole as this kind of drive, where a CD-ROM LUN
 * takes at most cd_max bytes (IMAGE_CD_MAX, IMAGE_DVD_MAX)? NULL if so, else
 * why not and what helps: static text that follows "unable to use FILE: ".
 * Whether a host would understand it that way is not asked: this is for the
 * person who says which kind it shall be.
 */
const char *image_media_fits(
    const struct image_info *info, enum image_media media, uint64_t cd_max);

/*
 * The kind of drive in which a host understands the image: CD for ISO 9660
 * and for UDF with blocks of 2048 bytes, disk for the rest, and for a hybrid
 * that does not fit a CD. Returns NULL and sets *media, or the reason why
 * there is none, as above.
 */
const char *image_media_choose(
    const struct image_info *info, uint64_t cd_max, enum image_media *media);

/*
 * Are these, the first len bytes of what a server sent, a web page? By the
 * signs that browsers go by (WHATWG MIME Sniffing, section 7.1).
 */
bool image_is_html(const void *head, size_t len);

/*
 * What a file that begins with these len bytes is, where a host cannot use it
 * as it is: IMAGE_HTML and what follows it; else IMAGE_RAW.
 */
enum image_format image_foreign_format(const void *head, size_t len);

/*
 * Does the image that begins with these len bytes hold an ISO 9660 volume?
 * No, where len ends before its first descriptor (32,774 bytes).
 */
bool image_is_iso9660(const void *head, size_t len);

/*
 * The size to which an image must be filled with zeros so that a LUN shows
 * all of it: whole blocks of 512 bytes, and for ISO 9660 of 2048, IMAGE_CD_MIN
 * at least. What can't be rounded up any more is rounded down.
 */
uint64_t image_padded_size(uint64_t size, bool iso9660);

#endif
