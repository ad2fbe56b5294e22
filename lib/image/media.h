/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * In which kind of drive a host can use an image, and what a drive can show.
 */
#ifndef VM_IMAGE_MEDIA_H
#define VM_IMAGE_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "image/info.h"

/*
 * The sizes that a CD-ROM LUN can show. Source: fsg_lun_open() in the Linux
 * kernel's drivers/usb/gadget/function/storage_common.c. With fewer than 300
 * blocks it fails with ETOOSMALL (errno 525, which has no name in user space).
 * With 256*60*75 blocks or more, the minute no longer fits into its byte:
 * fsg_lun_open() then shows only the first 256*60*75-1 blocks, and reports this
 * only in the kernel log.
 */
#define IMAGE_CD_MIN ((uint64_t)300 * IMAGE_CD_BLOCK)
#define IMAGE_CD_MAX ((uint64_t)(256 * 60 * 75 - 1) * IMAGE_CD_BLOCK)

/*
 * The same for kernels with a DVD patch, such as PiKVM's "msd: dvd support":
 * READ DISC STRUCTURE answers with 0x30000 (where a DVD's data begins) plus
 * the number of blocks, in 24 bits.
 */
#define IMAGE_DVD_MAX ((uint64_t)(0xffffff - 0x30000) * IMAGE_CD_BLOCK)

/* A vm-drive(8) shows a disc of any size. */
#define IMAGE_OWN_MAX UINT64_MAX

/* "cd" or "disk". */
const char *image_media_name(enum image_media media);

/* Read the kinds of several drives, such as "cd disk". Returns their number; or
 * -1 if there are more than max, or a word is neither. */
int image_media_list(
    const char *words, enum image_media drives[], unsigned max);

/* Returns the bits of info->boot that apply in a drive of this kind. */
unsigned image_media_boot(
    const struct image_info *info, enum image_media media);

/* Returns the IMAGE_ARCH_* of the boot loaders that UEFI finds in it. */
unsigned image_media_arch(
    const struct image_info *info, enum image_media media);

/*
 * Was the image made for a CD or DVD drive? ISO 9660 was, and UDF with blocks
 * of 2048 bytes. UDF with other blocks was made for a disk: a CD drive cannot
 * read such blocks.
 */
bool image_is_optical(const struct image_info *info);

/*
 * Can this kind of drive show the whole image, if a CD-ROM LUN shows at most
 * cd_max bytes (IMAGE_CD_MAX, IMAGE_DVD_MAX)? Returns NULL if it can. Otherwise
 * returns the reason and what to do, as static text that follows "unable to use
 * FILE: ". The function does not check whether a host understands the image in
 * such a drive: the user has chosen the drive.
 */
const char *image_media_fits(
    const struct image_info *info, enum image_media media, uint64_t cd_max);

/*
 * Does a CD drive not show the file because of its size: is the file an image,
 * but larger than cd_max?
 */
bool image_media_is_too_large(const struct image_info *info, uint64_t cd_max);

/*
 * Choose the kind of drive in which a host understands the image: CD for an
 * optical image; disk for others, and for a hybrid that does not fit a CD.
 * Returns NULL and sets *media, or returns the reason why no drive can show the
 * image, as image_media_fits() does.
 */
const char *image_media_choose(
    const struct image_info *info, uint64_t cd_max, enum image_media *media);

/*
 * Returns the size to which an image from any source must be padded with zeros
 * so that a drive shows all of it: for an optical image, whole blocks of 2048
 * bytes, and at least IMAGE_CD_MIN; otherwise whole sectors. A size that is too
 * large to be rounded up is rounded down.
 */
uint64_t image_padded_size(const struct image_info *info);

#endif
