/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * An HTTP source before its first request. http_open(), which makes the first
 * requests, is in source.h.
 */
#ifndef VM_SOURCES_HTTP_OPEN_H
#define VM_SOURCES_HTTP_OPEN_H

#include "sources/http-state.h"

/* Make a source, without any request. Returns NULL with *why. */
struct http *http_new(const struct source_config *, struct fault *why);

#endif
