/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Requests go only to hosts that source_config.allow_hosts allows, because the
 * URL may come from somebody else. The address is checked when a socket is made
 * for it, so neither a redirect, nor a new connection, nor a name that changes
 * its address can evade the check. The address of a proxy is always allowed,
 * because our administrator chose it; with a proxy, the host in the URL must be
 * allowed as well.
 */
#ifndef VM_SOURCES_HTTP_GUARD_H
#define VM_SOURCES_HTTP_GUARD_H

#include <stdbool.h>

#include "sources/http-state.h"

/* From now on, check where the handle of this connection connects to. */
void http_guard_set(struct connection *);

/* Call this before each request, also before one that follows a redirect. */
void http_guard_begin(struct connection *);

/* Did the request fail because its host is not allowed? If so, the fault is in
 * the connection. */
bool http_guard_refused(struct connection *);

#endif
