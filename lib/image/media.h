/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * As which kind of drive a host can see an image, and what a drive can show.
 */
#ifndef VM_IMAGE_MEDIA_H
#define VM_IMAGE_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "image/info.h"

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
 * This does not ask whether a host would understand it that way: it is for a
 * person who says which kind of drive it must be.
 */
const char *image_media_fits(
    const struct image_info *info, enum image_media media, uint64_t cd_max);

/*
 * The kind of drive in which a host understands the image: CD for ISO 9660
 * and for UDF with blocks of 2048 bytes, disk for the rest, and for a hybrid
 * that does not fit a CD. Returns NULL and sets *media, or the reason why
 * no drive can show it, as above.
 */
const char *image_media_choose(
    const struct image_info *info, uint64_t cd_max, enum image_media *media);

/*
 * The size to which an image must be filled with zeros so that a LUN shows
 * all of it: whole blocks of 512 bytes; for ISO 9660 of 2048, and IMAGE_CD_MIN
 * at least. What can't be rounded up any more is rounded down.
 */
uint64_t image_padded_size(uint64_t size, bool iso9660);

#endif
