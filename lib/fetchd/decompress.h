/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Compressed images, and the filters of nbdkit that decompress them.
 */
#ifndef VM_FETCHD_DECOMPRESS_H
#define VM_FETCHD_DECOMPRESS_H

#include <stddef.h>
#include <stdint.h>

struct compression {
	const char *name;   /* the plugin's word for the format */
	const char *filter; /* nbdkit's */
	const char *note;   /* what decompressing costs, for people */
	const char *needs;  /* what an image of this format must be */
};

/* The format of that name, which the plugin sent; NULL: none has it. */
const struct compression *compression_find(const char *name);

/*
 * Is the decompressed export whole, which has size bytes? trailer_size is what
 * gzip's trailer says: bytes modulo 2^32 (RFC 1952, ISIZE). Returns NULL if
 * so, else why not: static text for people.
 */
const char *compression_refusal(
    const struct compression *, uint64_t size, uint32_t trailer_size);

/* Why the filter could not open the image, for people, in text[len]. */
void compression_failure(const struct compression *, char *text, size_t len);

#endif
