/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Unit tests in C: a program checks conditions, prints the false ones to
 * standard error, and exits with 1 if there was one.
 */
#ifndef VM_CHECK_H
#define VM_CHECK_H

#include <stdio.h>

static int check_failures;

/* If the condition is false, count it and print it; then go on. */
#define CHECK(cond)                                                          \
	do {                                                                 \
		if (!(cond)) {                                               \
			fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, \
			    __LINE__, __func__, #cond);                      \
			check_failures++;                                    \
		}                                                            \
	} while (0)

/* The result for main(). */
static inline int
check_status(void)
{
	return check_failures > 0;
}

#endif
