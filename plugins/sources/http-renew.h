/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Replace an expired link or expired credentials while the image is in use. The
 * new ones are tried first: if they do not give the image, nothing changes.
 */
#ifndef VM_SOURCES_HTTP_RENEW_H
#define VM_SOURCES_HTTP_RENEW_H

#include "sources/http-state.h"

/* Implements source_ops.renew; fetchd/renewal.h has the format of the text. */
int http_renew(struct source *, const char *text, struct fault *why);

/* Erase and free the renewed values. */
void http_renew_free(struct http *);

#endif
