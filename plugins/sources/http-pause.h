/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The pause before a request is repeated while a source is opened.
 */
#ifndef VM_SOURCES_HTTP_PAUSE_H
#define VM_SOURCES_HTTP_PAUSE_H

#include <stdint.h>

#include "sources/source.h"

/*
 * Returns the milliseconds to wait after this fault, the tries-th in a row (1,
 * 2, ...): as long as the server asks for (RFC 9110 section 10.2.3), or else
 * twice as long each time; plus up to a quarter at random, because the server
 * may have refused many clients at once. At most 12.5 s. The pause ends in time
 * for a last try before `left` ms have passed; -1 if there is no time for
 * another try.
 */
int64_t http_pause_after(
    const struct fault *, unsigned tries, int64_t left, unsigned *seed);

/* Wait, and call waits (may be NULL) with the reason if the pause is long. */
void http_pause(
    const struct fault *, int64_t ms, void (*waits)(const char *why));

#endif
