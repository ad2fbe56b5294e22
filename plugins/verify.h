/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Compare the image's SHA-256 with the one in the settings or in a file of
 * checksums: all of the image is read once, before clients may read it.
 */
#ifndef VM_VERIFY_H
#define VM_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "sources/source.h"

/*
 * Read all `size` bytes of the image with that URL by read_at, which returns 0
 * or -1, and compare their SHA-256 with the expected one (expected-sum.h). Send
 * the progress to vm-fetchd. If no checksum is expected, do nothing. Returns 0;
 * or -1 after reporting why.
 */
int verify_bytes(const char *url, uint64_t size,
    int (*read_at)(void *ctx, void *buf, size_t len, uint64_t at), void *ctx);

/*
 * The same for an image that is served. Call this after engine_start(). If
 * nbdkit was started again, this does nothing. With settings.tell_sum, it only
 * sends the checksum to vm-fetchd, and the program that reads the image
 * verifies it; but if another program decompresses the image in between, that
 * is impossible, and this function verifies the image.
 */
int verify_image(const struct source_info *, struct engine *);

#endif
