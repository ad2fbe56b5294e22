/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The header Range of a GET (RFC 9110 section 14).
 */
#ifndef VM_NETBOOT_RANGE_H
#define VM_NETBOOT_RANGE_H

#include <stdint.h>

enum range_kind {
	RANGE_WHOLE,  /* there is none, or one that counts for nothing: 200 */
	RANGE_PART,   /* 206 */
	RANGE_OUTSIDE /* it has none of the bytes: 416 */
};

struct range {
	uint64_t begin, length; /* bytes; all of them if it is no part */
};

/*
 * Take the header's value, or NULL where there is no such header, for something of
 * so many bytes. Only one range of bytes is taken. Several, malformed ones and those
 * of other units are for the whole, as section 14.2 allows.
 */
enum range_kind range_take(const char *value, uint64_t size, struct range *);

#endif
