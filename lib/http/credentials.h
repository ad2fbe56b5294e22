/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the client of a request has proved itself with: X-Auth-Token (DSP0266
 * section 13), or else HTTP's Basic authentication.
 */
#ifndef VM_HTTP_CREDENTIALS_H
#define VM_HTTP_CREDENTIALS_H

#include <stdbool.h>

#include "http/cgi.h"

/* Secrets; the caller erases all of it. All zeros: none. */
struct credentials {
	const char *token; /* X-Auth-Token, in the request; NULL: none */
	const char *user, *password; /* Basic, in `basic`; NULL: none */
	char basic[512];
};

/* Take those of the request into *c, which is all zeros. Returns whether there are
 * any. */
bool credentials_take(const struct cgi_request *, struct credentials *c);

#endif
