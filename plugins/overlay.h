/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Writes to an image that cannot be written to: a file that holds what was
 * written, sector by sector, over the image below.
 *
 * The file begins with lines for people, which say what it is the overlay of,
 * and is sparse: it takes as much of the disk as was written, and never more
 * than its limit. It keeps every write that was answered if this process is
 * killed, and every write before the last flush if the machine stops. Another
 * process can open it again, but not while it is open here. Its layout is in
 * overlay-file.h.
 */
#ifndef VM_OVERLAY_H
#define VM_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "sources/source.h"

#define OVERLAY_SECTOR 512  /* bytes */
#define OVERLAY_UNIT   4096 /* bytes; the limit counts these */

struct overlay;

/*
 * Open the overlay in the file fd, which is ours from now on, over an image of
 * size bytes (a multiple of OVERLAY_SECTOR). The identity is a text that stands
 * for the image: lines without secrets. An empty file becomes an overlay, of
 * limit bytes at most.
 *
 * Returns NULL with *why: the file is in use, or belongs to another image, or
 * is not an overlay.
 */
struct overlay *overlay_open(int fd, const char *identity, uint64_t size,
    uint64_t limit, struct fault *why);

/* Its unique name, made with the file: 32 hexadecimal digits. */
const char *overlay_name(const struct overlay *);

/* Reads the image below, like engine_read(). */
typedef int overlay_below(void *ctx, void *buf, size_t len, uint64_t offset);

/* All three return 0, or -1 with errno. Any thread, many at once. */
int overlay_read(struct overlay *, void *buf, size_t len, uint64_t offset,
    overlay_below *below, void *ctx);

/*
 * Whole sectors only, else EINVAL. ENOSPC on a full disk or above the limit;
 * then nothing was written. EIO after a flush has failed.
 */
int overlay_write(
    struct overlay *, const void *buf, size_t len, uint64_t offset);

int overlay_flush(struct overlay *);

/* Flushes. NULL is fine. */
void overlay_close(struct overlay *);

#endif
