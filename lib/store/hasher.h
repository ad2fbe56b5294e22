/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * SHA-256 in a separate thread, while another thread reads and writes: on two
 * processors, hashing adds no time. The bytes pass through a ring of a few
 * buffers.
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
	pthread_mutex_t mutex; /* protects filled, hashed and ended */
	pthread_cond_t changed;
	unsigned filled, hashed; /* buffers so far; both wrap around */
	bool ended;
	size_t len[HASHER_BUFFERS];
	unsigned char *buffers;
	br_sha256_context sha;
};

/* Begin with an empty text. Returns 0, or -1 with errno ENOMEM or EAGAIN. */
int hasher_begin(struct hasher *);

/* Returns the next free buffer, of HASHER_BUFFER bytes; waits until one is
 * free. */
unsigned char *hasher_buffer(struct hasher *);

/* Hash the first len bytes of that buffer. The caller may still read it until
 * it has called hasher_buffer() HASHER_BUFFERS times more. */
void hasher_put(struct hasher *, size_t len);

/* Wait until all bytes are hashed, write their digest as 64 digits in lower
 * case and a NUL, and free the memory of the hasher. */
void hasher_end(struct hasher *, char sum[SUM_SIZE]);

#endif
