/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Requests for somebody else go only to hosts that source_config.allow_hosts
 * allows. The address is checked where a socket is made for it, so a redirect,
 * a new connection and a name that changes its address are no way around. The
 * address of a proxy is always allowed, because who configured us chose it; where
 * there is one, the host in the URL must be allowed as well.
 */
#ifndef VM_SOURCES_HTTP_GUARD_H
#define VM_SOURCES_HTTP_GUARD_H

#include <stdbool.h>

#include "sources/http-state.h"

/* Check what the handle of this connection connects to, from now on. */
void http_guard_set(struct connection *);

/* Before a request, and before one that follows a redirect. */
void http_guard_begin(struct connection *);

/* Did the request fail because its host is not allowed? Then the fault is in
 * the connection. */
bool http_guard_refused(struct connection *);

#endif
