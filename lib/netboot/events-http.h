/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The lines of lighttpd's access log: see netboot/events.h.
 */
#ifndef VM_NETBOOT_EVENTS_HTTP_H
#define VM_NETBOOT_EVENTS_HTTP_H

#include "netboot/events-state.h"

/* Take the fields after "http ". */
void events_http(struct events *, char *text);

#endif
