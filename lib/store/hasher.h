/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * SHA-256 in a thread of its own, beside a thread that reads and writes: on two
 * processors the hash costs no time of its own. The bytes pass through a ring of
 * few buffers.
 */
#ifndef VM_STORE_HASHER_H
#define VM_STORE_HASHER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <bearssl.h>

#include "base/sums.h"

#define HASHER_BUFFERS 4
#define HASHER_BUFFER  (256u << 10) /* bytes of each */

struct hasher {
	pthread_t thread;
	pthread_mutex_t mutex; /* of filled, hashed and ended */
	pthread_cond_t changed;
	unsigned filled, hashed; /* buffers so far: they wrap round */
	bool ended;
	size_t len[HASHER_BUFFERS];
	unsigned char *buffers;
	br_sha256_context sha;
};

/* Begin with an empty text. Returns 0, or -1 with errno ENOMEM or EAGAIN. */
int hasher_begin(struct hasher *);

/* The next free buffer, of HASHER_BUFFER bytes; waits until there is one. */
unsigned char *hasher_buffer(struct hasher *);

/* Hash the first len bytes of that buffer, which the caller may still read until
 * it asks for the next one HASHER_BUFFERS times. */
void hasher_put(struct hasher *, size_t len);

/* Wait for the end, write the digest of all bytes as 64 digits in lower case and
 * a NUL, and free what the hasher has. */
void hasher_end(struct hasher *, char sum[SUM_SIZE]);

#endif
