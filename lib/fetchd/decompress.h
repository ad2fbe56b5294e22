/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Images that come packed, and the filters of nbdkit that unpack them.
 */
#ifndef VM_FETCHD_DECOMPRESS_H
#define VM_FETCHD_DECOMPRESS_H

#include <stddef.h>
#include <stdint.h>

struct packing {
	const char *name;   /* the plugin's word for it */
	const char *filter; /* nbdkit's */
	const char *note;   /* what it costs, for people */
	const char *needs;  /* what else it must be, to be unpacked */
};

/* The packing of that name, which is not taken on trust; NULL: none. */
const struct packing *packing_find(const char *name);

/*
 * Whether an image can be unpacked as it is read, and for gzip all of the
 * unpacking, is known when a first client comes: be it, at the Unix socket of
 * nbdkit. packed_size is what gzip's trailer says: bytes modulo 2^32 (RFC 1952,
 * ISIZE). It may take minutes.
 *
 * Returns 0, or EX_DATAERR; what is to be said of it in text[len], either way.
 */
int packing_check(const struct packing *p, const char *socket,
    uint64_t packed_size, char *text, size_t len);

#endif
