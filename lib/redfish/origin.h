/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The page that a browser sends a request from (RFC 6454).
 */
#ifndef VM_REDFISH_ORIGIN_H
#define VM_REDFISH_ORIGIN_H

#include <stdbool.h>

#include "http/cgi.h"

/* Does the request come from a page of another site? */
bool redfish_is_foreign(const struct cgi_request *);

#endif
