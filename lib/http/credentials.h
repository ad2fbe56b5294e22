/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The credentials that a client sends with a request: X-Auth-Token (DSP0266
 * section 13), or else HTTP's Basic authentication.
 */
#ifndef VM_HTTP_CREDENTIALS_H
#define VM_HTTP_CREDENTIALS_H

#include <stdbool.h>

#include "http/cgi.h"

/* Secrets: the caller must erase the struct. All zeros: no credentials. */
struct credentials {
	const char *token; /* X-Auth-Token, in the request; NULL: none */
	const char *user, *password; /* Basic, in `basic`; NULL: none */
	char basic[512];
};

/* Take the request's credentials into *c, which must be all zeros. Returns
 * whether there are any. */
bool credentials_take(const struct cgi_request *, struct credentials *c);

#endif
