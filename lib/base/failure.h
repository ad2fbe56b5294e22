/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Why something could not be done: what a library function hands to the
 * program, which prints it and ends with its status.
 *
 * This folder is for every program and the plugin: numbers, URLs, secrets,
 * clocks, JSON. Each part stands alone, and knows nothing of vmedia: no images,
 * no slots, no protocols. (cause.h only has words.)
 */
#ifndef VM_BASE_FAILURE_H
#define VM_BASE_FAILURE_H

#include "base/cause.h"

#define FAILURE_TEXT_SIZE \
	4096 /* bytes, the NUL included; longer texts are cut */

struct failure {
	int status; /* of sysexits(3) */
	enum cause cause;
	char text[FAILURE_TEXT_SIZE]; /* for people: "unable to VERB ..." */
};

/* Describe a failure, printf(3)-wise, with the usual cause of the status. Returns
 * -1, for the caller to return. */
int fail(struct failure *, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with another cause. */
int fail_because(struct failure *, enum cause, int status, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/* As fail(), with ": " and the words for errno at the end. */
int fail_errno(struct failure *, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
