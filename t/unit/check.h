/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Unit tests in C: a program that checks, names what does not hold on
 * standard error, and exits 1 if anything did not.
 */
#ifndef VM_CHECK_H
#define VM_CHECK_H

#include <stdio.h>

static int check_failures;

/* Count and name a condition that does not hold; go on with the next. */
#define CHECK(cond)                                                          \
	do {                                                                 \
		if (!(cond)) {                                               \
			fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, \
			    __LINE__, __func__, #cond);                      \
			check_failures++;                                    \
		}                                                            \
	} while (0)

/* What main() returns. */
static inline int
check_status(void)
{
	return check_failures > 0;
}

#endif
