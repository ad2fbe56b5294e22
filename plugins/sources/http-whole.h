/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The answer to a GET for the whole image, of a server without ranges.
 */
#ifndef VM_SOURCES_HTTP_WHOLE_H
#define VM_SOURCES_HTTP_WHOLE_H

#include <stdbool.h>

#include "sources/http-state.h"

/* May the body behind c's headers pass? Otherwise the fault is in c. */
bool http_whole_believe(struct connection *c);

/* Pass on n bytes of it. Otherwise the fault is in c. */
bool http_whole_body(struct connection *c, const void *bytes, size_t n);

#endif
