/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a library's failure means: whether to try again for a waiting reader,
 * the exit status, and a text.
 */
#ifndef VM_SOURCES_THREADED_ERROR_H
#define VM_SOURCES_THREADED_ERROR_H

#include "base/url.h"
#include "sources/source.h"

/* Fill in a fault with the usual cause and a text as of printf(3). */
void blocking_fault(struct fault *, enum fault_kind, int status,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What an errno means. An array of these ends with error 0. */
struct blocking_error {
	int error;
	enum fault_kind kind;
	int status;
	enum cause cause;
	const char *text;
};

/*
 * Fill in the fault for an errno: from the library's own table, or else from
 * the table for all libraries. Without an entry there, another try may help,
 * and the text is "unable to WHAT: TEXT".
 */
void blocking_fault_of(const struct blocking_error *table, int error,
    const char *what, const char *text, struct fault *);

/*
 * Parse the URL of the config, and look up its host, because the libraries
 * report an unknown host only as a failed connection. With config->allow_hosts,
 * the host is replaced by an allowed address, because its name could lead to
 * another address a moment later. Returns 0 and the parts, for
 * url_parts_free(); or -1 with *why.
 */
int blocking_take_url(
    const struct source_config *, struct url_parts *, struct fault *why);

#endif
