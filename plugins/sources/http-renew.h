/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A link or credentials that have expired are replaced while the image is in
 * use. The new ones are tried first: what does not bring the image changes
 * nothing.
 */
#ifndef VM_SOURCES_HTTP_RENEW_H
#define VM_SOURCES_HTTP_RENEW_H

#include "sources/http-state.h"

/* As source_ops.renew; the text is one of fetchd/renewal.h. */
int http_renew(struct source *, const char *text, struct fault *why);

/* Forget what was renewed. */
void http_renew_free(struct http *);

#endif
