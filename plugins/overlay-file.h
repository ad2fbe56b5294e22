/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The file of an overlay: 4096 bytes of text; a map of one bit for each sector
 * that is here, as the running machine knows it; the same as of the last flush,
 * for the next boot of the machine; and the sectors, each at its own place.
 *
 * Sectors are written before the bit that says so, so that a process which is
 * killed in between has written nothing. A machine that stops does not keep
 * that order: therefore the second map, the stable one, which is written
 * between two fdatasync(2), and which alone counts after another boot.
 */
#ifndef VM_OVERLAY_FILE_H
#define VM_OVERLAY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/source.h"

#define OVERLAY_FILE_UNIT  4096 /* bytes that a byte of the map stands for */
#define OVERLAY_NAME_BYTES 16

struct overlay_file {
	int fd;
	uint64_t size;	   /* bytes, of the image */
	uint64_t map_size; /* bytes of one map, whole units */
	char name[2 * OVERLAY_NAME_BYTES + 1];
	unsigned char *map; /* the first one, in memory */
	uint64_t used;	    /* bytes, of units */
};

/*
 * Open the overlay in the file fd, or make one if the file is empty: as
 * overlay_open(). Returns 0 or -1 with *why; overlay_file_close() it in either
 * case.
 */
int overlay_file_open(struct overlay_file *, int fd, const char *identity,
    uint64_t size, struct fault *why);
void overlay_file_close(struct overlay_file *);

/* Where in the file a map begins, and where the sectors do. */
uint64_t overlay_file_map(const struct overlay_file *, bool stable);
uint64_t overlay_file_sectors(const struct overlay_file *);

/*
 * Read or write all of a range of the file. Returns 0; or -1 with errno, EIO
 * where the file ends before.
 */
int overlay_file_read(
    const struct overlay_file *, void *buf, size_t len, uint64_t at);
int overlay_file_write(
    const struct overlay_file *, const void *bytes, size_t len, uint64_t at);

#endif
