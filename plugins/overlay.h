/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Allows writes to an image that is read-only: a file has the written sectors,
 * which replace those of the image below.
 *
 * The file begins with lines for people, which name the image of the overlay.
 * It is sparse: it takes only as much of the disk as was written, and the
 * sectors never take more than the limit. If this process is killed, the file
 * has every write that was answered; if the machine stops, every write before
 * the last flush. Another process can open it later, but not while it is open
 * here. overlay-file.h has its layout.
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
 * Open the overlay in the file fd, over an image of size bytes (a multiple of
 * OVERLAY_SECTOR). The overlay owns fd from now on, also on failure. The
 * identity is a text that identifies the image: lines without secrets. An empty
 * file becomes an overlay. The limit is in bytes.
 *
 * Returns NULL with *why: the file is in use, or belongs to another image, or
 * is not an overlay.
 */
struct overlay *overlay_open(int fd, const char *identity, uint64_t size,
    uint64_t limit, struct fault *why);

/* Returns the unique name that the file got when it was made: 32 hexadecimal
 * digits. */
const char *overlay_name(const struct overlay *);

/* Reads the image below, like engine_read(). */
typedef int overlay_below(void *ctx, void *buf, size_t len, uint64_t offset);

/* The next three functions return 0, or -1 with errno. Any number of threads
 * may call them at once. */
int overlay_read(struct overlay *, void *buf, size_t len, uint64_t offset,
    overlay_below *below, void *ctx);

/*
 * Writes whole sectors only; otherwise EINVAL. ENOSPC above the limit, when
 * nothing was written, or on a full disk. EIO after a flush has failed.
 */
int overlay_write(
    struct overlay *, const void *buf, size_t len, uint64_t offset);

int overlay_flush(struct overlay *);

/* Flush, and close and free the overlay. NULL is fine. */
void overlay_close(struct overlay *);

#endif
