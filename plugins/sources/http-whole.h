/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The answer to a GET for the whole image from a server without ranges.
 */
#ifndef VM_SOURCES_HTTP_WHOLE_H
#define VM_SOURCES_HTTP_WHOLE_H

#include <stdbool.h>

#include "sources/http-state.h"

/* May the body after c's headers be used? If not, c has the fault. */
bool http_whole_believe(struct connection *c);

/* Pass on n bytes of the body. Returns false, and c has the fault, if that
 * fails. */
bool http_whole_body(struct connection *c, const void *bytes, size_t n);

#endif
