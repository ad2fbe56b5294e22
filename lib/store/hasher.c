/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/hex.h"
#include "store/hasher.h"

static unsigned char *
buffer_of(const struct hasher *h, unsigned number)
{
	return h->buffers + (size_t)(number % HASHER_BUFFERS) * HASHER_BUFFER;
}

static void *
run(void *arg)
{
	struct hasher *h = arg;
	unsigned number;

	pthread_mutex_lock(&h->mutex);
	for (;;) {
		while (h->hashed == h->filled && !h->ended)
			pthread_cond_wait(&h->changed, &h->mutex);
		if (h->hashed == h->filled)
			break;
		number = h->hashed;
		pthread_mutex_unlock(&h->mutex);
		br_sha256_update(&h->sha, buffer_of(h, number),
		    h->len[number % HASHER_BUFFERS]);
		pthread_mutex_lock(&h->mutex);
		h->hashed++;
		pthread_cond_signal(&h->changed);
	}
	pthread_mutex_unlock(&h->mutex);
	return NULL;
}

int
hasher_begin(struct hasher *h)
{
	sigset_t all, before;
	int error;

	*h = (struct hasher){.mutex = PTHREAD_MUTEX_INITIALIZER,
	    .changed = PTHREAD_COND_INITIALIZER};
	br_sha256_init(&h->sha);
	h->buffers = malloc((size_t)HASHER_BUFFERS * HASHER_BUFFER);
	if (h->buffers == NULL)
		return -1;
	/* The thread that reads and writes must get all signals. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&h->thread, NULL, run, h);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		return 0;
	free(h->buffers);
	errno = error;
	return -1;
}

unsigned char *
hasher_buffer(struct hasher *h)
{
	pthread_mutex_lock(&h->mutex);
	while (h->filled - h->hashed == HASHER_BUFFERS)
		pthread_cond_wait(&h->changed, &h->mutex);
	pthread_mutex_unlock(&h->mutex);
	return buffer_of(h, h->filled);
}

void
hasher_put(struct hasher *h, size_t len)
{
	h->len[h->filled % HASHER_BUFFERS] = len;
	pthread_mutex_lock(&h->mutex);
	h->filled++;
	pthread_cond_signal(&h->changed);
	pthread_mutex_unlock(&h->mutex);
}

void
hasher_end(struct hasher *h, char sum[SUM_SIZE])
{
	unsigned char digest[br_sha256_SIZE];

	pthread_mutex_lock(&h->mutex);
	h->ended = true;
	pthread_cond_signal(&h->changed);
	pthread_mutex_unlock(&h->mutex);
	pthread_join(h->thread, NULL);
	br_sha256_out(&h->sha, digest);
	hex_encode(sum, digest, sizeof(digest));
	free(h->buffers);
}
