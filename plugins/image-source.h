/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Where the image's bytes come from, as the settings say it.
 */
#ifndef VM_IMAGE_SOURCE_H
#define VM_IMAGE_SOURCE_H

#include <stddef.h>

#include "sources/source.h"

/* What the settings say about the image's source. */
struct source_config open_config(void);

/*
 * Open a source of the image's kind, or of HTTP, and read its first CHUNK_SIZE
 * bytes: as source_open of sources/source.h.
 */
struct source *open_source_of(
    const struct source_config *, void *first, size_t *got, struct fault *why);

/*
 * What clients know an image by, which holds no secret: an allocated text with
 * its URL, its size, the extra line ("" or "\n..."), and its validator. NULL
 * without memory.
 */
char *describe_source(const struct source_info *, const char *extra);

#endif
