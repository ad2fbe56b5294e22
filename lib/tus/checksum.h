/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The checksum of a body: tus 1.0.0, extension Checksum.
 */
#ifndef VM_TUS_CHECKSUM_H
#define VM_TUS_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>

#include <bearssl.h>

#define TUS_ALGORITHMS	"sha1,sha256"
#define TUS_DIGEST_SIZE br_sha256_SIZE /* bytes of the largest digest */

struct tus_checksum {
	const br_hash_class *algorithm; /* NULL: no checksum was sent */
	unsigned char digest[TUS_DIGEST_SIZE];
};

/*
 * Parse the value of an Upload-Checksum header:
 * "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=". Returns NULL, or a constant sentence
 * that says what is wrong with it.
 */
const char *tus_checksum_take(const char *header, struct tus_checksum *);

/* A checksum that is being computed. */
struct tus_sum {
	br_hash_compat_context context;
};

/* Begin a checksum, add len bytes to it, and compare it with the one that was
 * sent. The latter must have an algorithm. */
void tus_sum_begin(struct tus_sum *, const struct tus_checksum *);
void tus_sum_add(struct tus_sum *, const void *bytes, size_t len);
bool tus_sum_fits(const struct tus_sum *, const struct tus_checksum *);

#endif
