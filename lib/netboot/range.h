/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The header Range of a GET (RFC 9110 section 14).
 */
#ifndef VM_NETBOOT_RANGE_H
#define VM_NETBOOT_RANGE_H

#include <stdint.h>

enum range_kind {
	RANGE_WHOLE,  /* there is no range, or one to be ignored: 200 */
	RANGE_PART,   /* 206 */
	RANGE_OUTSIDE /* no byte of the file is in the range: 416 */
};

struct range {
	uint64_t begin, length; /* bytes; the whole file unless RANGE_PART */
};

/*
 * Parse the header's value (NULL: there is no such header) for a file of size
 * bytes. Only a single range of bytes is taken. Several ranges, malformed ones
 * and those of other units mean the whole file, as section 14.2 allows.
 */
enum range_kind range_take(const char *value, uint64_t size, struct range *);

#endif
