/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Compare the image's SHA-256 with the one that the settings name, or a file of
 * checksums: before anybody may read the image, all of it is read once.
 */
#ifndef VM_VERIFY_H
#define VM_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "sources/source.h"

/*
 * Read all `size` bytes of the image of that URL by read_at, which returns 0 or
 * -1, and compare their SHA-256 with the one in the settings. It tells vm-fetchd
 * how far it is. Without a checksum in the settings it does nothing. Returns 0;
 * or -1, and has said why.
 */
int verify_bytes(const char *url, uint64_t size,
    int (*read_at)(void *ctx, void *buf, size_t len, uint64_t at), void *ctx);

/*
 * The same for an image that is served. Call this after engine_start(). When
 * nbdkit was started again, it does nothing. With settings.tell_sum it only tells
 * vm-fetchd the checksum, unless others decompress the image: whoever reads it
 * can't verify it then.
 */
int verify_image(const struct source_info *, struct engine *);

#endif
