/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Writes to an image that cannot be written to: a file that holds what was
 * written, sector by sector, over the image below.
 *
 * The file begins with lines for people, which say what it is the overlay of,
 * and is sparse: it takes as much of the disk as was written, and never more
 * than its limit. It survives the end of this process with every write that
 * was answered, and the end of the machine with every write before the last
 * flush. Another process opens it again, but none while it is open here.
 *
 * File: 4096 bytes of text; a map of one bit for each sector that is here, as
 * the running machine knows it; the same, as of the last flush, for another
 * boot of it; and the sectors, each at its own place.
 */
#ifndef VM_OVERLAY_H
#define VM_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "sources/source.h"

#define OVERLAY_SECTOR 512  /* bytes */
#define OVERLAY_UNIT   4096 /* bytes; what the limit counts */

struct overlay;

/*
 * The overlay in the file fd, which is ours from now on, of an image of size
 * bytes (a multiple of OVERLAY_SECTOR) that is known by a text: lines without
 * secrets. An empty file becomes one. It holds limit bytes at most.
 *
 * Returns NULL with *why: it is in use, another image's, or no overlay.
 */
struct overlay *overlay_open(int fd, const char *identity, uint64_t size,
    uint64_t limit, struct fault *why);

/* A name of its own, made when the file was: 32 hexadecimal digits. */
const char *overlay_name(const struct overlay *);

/* Reads what is below, as engine_read(). */
typedef int overlay_below(void *ctx, void *buf, size_t len, uint64_t offset);

/* All three return 0, or -1 with errno. Any thread, many at once. */
int overlay_read(struct overlay *, void *buf, size_t len, uint64_t offset,
    overlay_below *below, void *ctx);

/*
 * Whole sectors only, else EINVAL. ENOSPC on a full disk, or above the limit,
 * when nothing was written.
 */
int overlay_write(
    struct overlay *, const void *buf, size_t len, uint64_t offset);

int overlay_flush(struct overlay *);

/* Flushes. NULL is fine. */
void overlay_close(struct overlay *);

#endif
