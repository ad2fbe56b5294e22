/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * FAT12, FAT16 and FAT32 (Microsoft's FAT specification of 2005): what a
 * firmware finds in it.
 */
#ifndef VM_IMAGE_FAT_H
#define VM_IMAGE_FAT_H

#include <stdbool.h>
#include <stdint.h>

#include "image/info.h"

#define FAT_PIECE 512 /* bytes of the FAT that are read at once */

struct fat {
	const struct image_reader *reader;
	unsigned *reads;	/* how many reads are left, of all volumes */
	uint64_t at;		/* bytes: where the volume begins */
	uint64_t table, data;	/* bytes: the first FAT, cluster 2 */
	uint64_t root;		/* bytes: the root directory, not of FAT32 */
	uint32_t root_size;	/* its bytes */
	uint32_t root_cluster;	/* of FAT32 */
	uint32_t clusters;	/* their number */
	uint32_t cluster;	/* bytes of one */
	uint64_t sectors;	/* of the volume */
	unsigned sector, width; /* bytes of a sector, bits of an entry */
	/* A piece of the FAT, and a byte more: FAT12 cuts an entry there. */
	uint8_t piece[FAT_PIECE + 1];
	uint64_t piece_at; /* where it is, or 0 */
};

/*
 * Is there a FAT in the volume that begins at byte `at` with this boot sector?
 * Fills in fat if so, all but reader and reads, which the caller has set.
 */
bool image_fat_open(struct fat *fat, const uint8_t boot[512], uint64_t at);

/*
 * The functions below return 0; or -1 with the reader's errno. Where a
 * structure is wrong, or no read is left, they find nothing more.
 */

/*
 * Is the FAT there, too? Its first byte is the volume's medium. *is_there is set
 * without a read of `reads`.
 */
int image_fat_is_there(
    struct fat *fat, const uint8_t boot[512], bool *is_there);

/* For which processors is there an \EFI\BOOT\BOOT*.EFI? IMAGE_ARCH_*. */
int image_fat_loaders(struct fat *fat, unsigned *arch);

/* The volume's name, from the root directory or the boot sector. */
int image_fat_label(struct fat *fat, const uint8_t boot[512],
    char label[static IMAGE_LABEL_SIZE]);

/*
 * Boot code of Microsoft's names the file that it loads. Is one of the files
 * there that the boot sector names? True if it names none.
 */
int image_fat_has_system(
    struct fat *fat, const uint8_t boot[512], bool *has_system);

#endif
