/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Why an operation failed. A library function fills this in for the program,
 * which prints the text and exits with the status.
 *
 * This folder is for every program and the plugin: numbers, URLs, secrets,
 * clocks, JSON. Its parts know nothing of how vmedia handles images, slots and
 * protocols: cause.h has only words, and stored.h only the form of a URI.
 */
#ifndef VM_BASE_FAILURE_H
#define VM_BASE_FAILURE_H

#include "base/cause.h"

#define FAILURE_TEXT_SIZE \
	4096 /* bytes, the NUL included; longer texts are cut */

struct failure {
	int status; /* from sysexits(3) */
	enum cause cause;
	char text[FAILURE_TEXT_SIZE]; /* for people: "unable to VERB ..." */
};

/* Describe a failure with a printf(3) format and the usual cause of the status.
 * Returns -1, so that the caller can return it. */
int fail(struct failure *, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with the given cause. */
int fail_because(struct failure *, enum cause, int status, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/* The same as fail(), with ": " and the message for errno at the end. */
int fail_errno(struct failure *, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
