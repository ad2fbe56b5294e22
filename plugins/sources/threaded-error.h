/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a library's failure means: for the reader who waits (try again, or
 * not), for the exit status, and in words.
 */
#ifndef VM_SOURCES_THREADED_ERROR_H
#define VM_SOURCES_THREADED_ERROR_H

#include "base/url.h"
#include "sources/source.h"

/* Fill in a fault with the usual cause; the text printf(3)-wise. */
void blocking_fault(struct fault *, enum fault_kind, int status,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What an errno means. A table of them ends with error 0. */
struct blocking_error {
	int error;
	enum fault_kind kind;
	int status;
	enum cause cause;
	const char *text;
};

/*
 * Fill in the fault behind an errno: as the library's own table has it, or
 * else as it is for all; else another try may help, and the text is "unable to
 * WHAT: TEXT".
 */
void blocking_fault_of(const struct blocking_error *table, int error,
    const char *what, const char *text, struct fault *);

/*
 * Take the URL of the config apart, and find its host: the libraries only say
 * that there is no connection where it is unknown. With config->allow_hosts the
 * host becomes an address that is allowed, because its name could lead to
 * another one a moment later. Returns 0 and the parts, for url_parts_free(); or
 * -1 with *why.
 */
int blocking_take_url(
    const struct source_config *, struct url_parts *, struct fault *why);

#endif
