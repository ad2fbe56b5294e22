/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The source of the image's bytes, from the settings.
 */
#ifndef VM_IMAGE_SOURCE_H
#define VM_IMAGE_SOURCE_H

#include <stddef.h>

#include "sources/source.h"

/* Returns the configuration of the image's source. */
struct source_config open_config(void);

/*
 * Open a source of the image's kind, or an HTTP source, and read its first
 * CHUNK_SIZE bytes, like source_open in sources/source.h.
 */
struct source *open_source_of(
    const struct source_config *, void *first, size_t *got, struct fault *why);

/*
 * Returns the text by which clients identify an image, which has no secrets:
 * its URL, its size, the extra line ("" or "\n..."), and its validator. The
 * caller frees it. NULL without memory.
 */
char *describe_source(const struct source_info *, const char *extra);

#endif
