/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The file of an overlay: 4096 bytes of text; a map with a bit for each sector,
 * set if the overlay has the sector, which is valid while the machine runs; a
 * second map from the last flush, for the next boot of the machine; and the
 * sectors, each at its own offset.
 *
 * A sector is written before its bit, so that a process that is killed in
 * between has written nothing. If the machine stops, the disk may not have that
 * order. Therefore the second map, the stable one, is written between two calls
 * of fdatasync(2), and only it is used after another boot.
 */
#ifndef VM_OVERLAY_FILE_H
#define VM_OVERLAY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/source.h"

#define OVERLAY_FILE_UNIT  4096 /* bytes of the image for a byte of the map */
#define OVERLAY_NAME_BYTES 16

struct overlay_file {
	int fd;
	uint64_t size;	   /* bytes, of the image */
	uint64_t map_size; /* bytes of one map, whole units */
	char name[2 * OVERLAY_NAME_BYTES + 1];
	unsigned char *map; /* the first map, in memory */
	uint64_t used;	    /* bytes of the units that have sectors */
};

/*
 * Open the overlay in the file fd, or make one if the file is empty, as
 * described at overlay_open(). Returns 0 or -1 with *why. Call
 * overlay_file_close() in either case.
 */
int overlay_file_open(struct overlay_file *, int fd, const char *identity,
    uint64_t size, struct fault *why);
void overlay_file_close(struct overlay_file *);

/* Return the offset in the file of a map, and of the sectors. */
uint64_t overlay_file_map(const struct overlay_file *, bool stable);
uint64_t overlay_file_sectors(const struct overlay_file *);

/*
 * Read or write all of a range of the file. Returns 0; or -1 with errno, which
 * is EIO if the file ends before the range does.
 */
int overlay_file_read(
    const struct overlay_file *, void *buf, size_t len, uint64_t at);
int overlay_file_write(
    const struct overlay_file *, const void *bytes, size_t len, uint64_t at);

#endif
