/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Read FAT12, FAT16 and FAT32 (Microsoft's FAT specification of 2005): the
 * label, and what a firmware can boot.
 */
#ifndef VM_IMAGE_FAT_H
#define VM_IMAGE_FAT_H

#include <stdbool.h>
#include <stdint.h>

#include "image/info.h"

#define FAT_PIECE 512 /* bytes of the FAT that are read at once */

struct fat {
	const struct image_reader *reader;
	unsigned *reads;       /* how many are left, for all volumes */
	uint64_t at;	       /* bytes: where the volume begins */
	uint64_t table, data;  /* bytes: the first FAT, cluster 2 */
	uint64_t root;	       /* bytes: where the root begins; not for FAT32 */
	uint32_t root_size;    /* bytes of this root */
	uint32_t root_cluster; /* the root of FAT32 */
	uint32_t clusters;     /* number of clusters */
	uint32_t cluster;      /* bytes of a cluster */
	uint64_t sectors;      /* number of sectors */
	unsigned sector, width; /* bytes of a sector, bits of a FAT entry */
	/* A piece of the FAT, and one more byte: the last entry of a FAT12 may
	 * go beyond the piece. */
	uint8_t piece[FAT_PIECE + 1];
	uint64_t piece_at; /* bytes: where the piece begins; 0: not read */
};

/*
 * Is there a FAT in the volume that begins at byte `at` with this boot sector?
 * If so, fills in fat, except reader and reads, which the caller has set.
 */
bool image_fat_open(struct fat *fat, const uint8_t boot[512], uint64_t at);

/*
 * The functions below return 0; or -1 with the reader's errno. If a structure
 * is invalid, or no read is left, they stop with what they have found.
 */

/*
 * Is the table itself there, too? Its first byte must be the medium that the
 * boot sector says. This does not use up a read of `reads`.
 */
int image_fat_is_there(
    struct fat *fat, const uint8_t boot[512], bool *is_there);

/* Sets *arch to the IMAGE_ARCH_* for which there is an \EFI\BOOT\BOOT*.EFI. */
int image_fat_loaders(struct fat *fat, unsigned *arch);

/* Get the volume's label from the root directory or the boot sector. */
int image_fat_label(struct fat *fat, const uint8_t boot[512],
    char label[static IMAGE_LABEL_SIZE]);

/*
 * The boot code of DOS and Windows has the name of the file that it loads. Sets
 * *has_system to whether the root directory has such a file; to true if the
 * boot sector names no file.
 */
int image_fat_has_system(
    struct fat *fat, const uint8_t boot[512], bool *has_system);

#endif
