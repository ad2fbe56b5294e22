/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/eventfd.h>

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/url.h"
#include "sources/threaded-error.h"
#include "sources/threaded-renew.h"
#include "sources/threaded-worker.h"
#include "sources/threaded.h"

#define STOP_MS	       500 /* for workers to end; stuck ones are left */
#define PROBE_TRIES    3
#define PROBE_PAUSE_MS 250  /* before the second try; then doubled each time */
#define PROBE_SLOW_MS  5000 /* tries that took this long are not repeated */

/* --- the engine's side ------------------------------------------------- */

static void
blocking_start(struct source *s, struct transfer *t)
{
	struct blocking *b = (struct blocking *)s;
	struct worker *w = b->workers;

	while (w->transfer != NULL)
		w++;
	t->work = w;
	pthread_mutex_lock(&w->lock);
	w->transfer = t;
	w->ended = false;
	worker_start(w);
	if (w->ended)
		blocking_raise_event(b);
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* Take the bytes or the result of a worker, and call back. */
static void
collect(struct worker *w)
{
	struct transfer *t = w->transfer;
	const unsigned char *bytes;
	struct fault fault;
	size_t n;
	bool ended;

	if (t == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	n = w->handed;
	bytes = w->buffers[w->filling ^ 1];
	pthread_mutex_unlock(&w->lock);
	if (n > 0)
		t->data(t, bytes, n);
	pthread_mutex_lock(&w->lock);
	if (n > 0)
		w->handed = 0;
	/* The worker may have handed over its last piece meanwhile. */
	ended = w->ended && w->handed == 0;
	if (ended) {
		fault = w->fault;
		w->transfer = NULL;
	}
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	if (ended)
		t->done(t, fault.status != 0 ? &fault : NULL);
}

static void
blocking_poll(struct source *s, int timeout_ms)
{
	struct blocking *b = (struct blocking *)s;
	struct pollfd p = {b->event, POLLIN, 0};
	uint64_t count;
	unsigned i;

	if (poll(&p, 1, timeout_ms) == 1 &&
	    read(b->event, &count, sizeof(count)) == -1)
		return;
	for (i = 0; i < b->count; i++)
		collect(&b->workers[i]);
}

static void
blocking_wake(struct source *s)
{
	blocking_raise_event((struct blocking *)s);
}

static void
blocking_free(struct blocking *b)
{
	unsigned i;

	for (i = 0; i < b->count; i++)
		worker_free(&b->workers[i]);
	free(b->workers);
	free(b->display);
	blocking_free_configs(b);
	pthread_mutex_destroy(&b->lock);
	if (b->event != -1)
		close(b->event);
	free(b);
}

static void
blocking_close(struct source *s)
{
	struct blocking *b = (struct blocking *)s;
	struct timespec until;
	bool all = true;
	unsigned i;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += STOP_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	for (i = 0; i < b->count; i++)
		worker_stop(&b->workers[i]);
	for (i = 0; i < b->count; i++)
		if (b->workers[i].started &&
		    !worker_await(&b->workers[i], &until))
			all = false;
	/*
	 * A worker that is stuck in a call still uses this memory. Do not free
	 * it then; the process is ending.
	 */
	if (all)
		blocking_free(b);
}

/* For a local file, nothing can expire. */
static const struct source_ops local_source_ops = {
    .start = blocking_start,
    .poll = blocking_poll,
    .wake = blocking_wake,
    .close = blocking_close,
};

static const struct source_ops blocking_source_ops = {
    .start = blocking_start,
    .poll = blocking_poll,
    .renew = blocking_renew,
    .adopt = blocking_adopt,
    .wake = blocking_wake,
    .close = blocking_close,
};

/* --- opening ----------------------------------------------------------- */

static struct blocking *
blocking_new(const struct blocking_ops *ops, const struct source_config *config)
{
	struct blocking *b = calloc(1, sizeof(*b));
	unsigned count, i;

	if (b == NULL)
		return NULL;
	pthread_mutex_init(&b->lock, NULL);
	b->source.ops = ops->renews ? &blocking_source_ops : &local_source_ops;
	b->ops = ops;
	b->config = blocking_keep_config(b, config);
	b->display = url_for_show(config->url);
	b->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	count = config->connections;
	if (ops->contexts_max != 0 && count > ops->contexts_max)
		count = ops->contexts_max;
	b->workers = calloc(count, sizeof(*b->workers));
	if (b->workers == NULL || b->event == -1 || b->config == NULL ||
	    b->display == NULL) {
		blocking_free(b);
		return NULL;
	}
	b->count = count;
	b->source.info.connections = count;
	b->source.info.url = b->display;
	b->source.info.validator = b->validator;
	b->source.info.address = "";
	for (i = 0; i < b->count; i++)
		if (!worker_init(&b->workers[i], b)) {
			blocking_free(b);
			return NULL;
		}
	return b;
}

/*
 * Let a worker do the probe, because the worker will use the context, and some
 * libraries allow only one thread to use a context. Returns 0 or -1 with *why.
 */
static int
probe_by(
    struct worker *w, void *first, size_t room, size_t *got, struct fault *why)
{
	struct probe p = {.first = first, .room = room};

	pthread_mutex_lock(&w->lock);
	w->probe = &p;
	worker_start(w);
	pthread_cond_broadcast(&w->changed);
	while (!w->ended)
		pthread_cond_wait(&w->changed, &w->lock);
	*why = w->fault;
	*got = p.got;
	w->probe = NULL;
	w->ended = false;
	pthread_mutex_unlock(&w->lock);
	return why->status == 0 ? 0 : -1;
}

/* Probe; try again a few times, because the server may be starting. */
static int
probe(struct blocking *b, void *first, size_t room, size_t *got,
    struct fault *why)
{
	int64_t begun = clock_ms();
	int tries, pause = PROBE_PAUSE_MS;

	for (tries = 1;; tries++) {
		if (probe_by(&b->workers[0], first, room, got, why) == 0)
			return 0;
		if (tries == PROBE_TRIES || why->kind != FAULT_TRANSIENT ||
		    why->status == EX_NOHOST ||
		    clock_ms() - begun > PROBE_SLOW_MS)
			return -1;
		poll(NULL, 0, pause);
		pause *= 2;
	}
}

struct source *
blocking_open(const struct blocking_ops *ops,
    const struct source_config *config, void *first, size_t room, size_t *got,
    struct fault *why)
{
	struct blocking *b;

	if (config->writable && ops->write == NULL) {
		blocking_fault(why, FAULT_REQUEST, EX_USAGE,
		    "an image of this kind is read-only");
		return NULL;
	}
	b = blocking_new(ops, config);
	if (b == NULL) {
		blocking_fault(why, FAULT_REQUEST, EX_OSERR, "out of memory");
		return NULL;
	}
	if (probe(b, first, room, got, why) == -1) {
		blocking_close(&b->source);
		return NULL;
	}
	return &b->source;
}
