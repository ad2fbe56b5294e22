/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * An engine's beginning and end. The readers are in read.c, the writers in
 * write.c, the fetch thread in fetcher.c.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "engine/compare.h"
#include "engine/engine.h"
#include "engine/fetcher.h"
#include "engine/readahead-plan.h"

#define SPARE_FETCHES 64 /* ranges of the pool, beyond two per connection */

void
engine_warm(struct engine *e, const void *bytes, size_t len)
{
	struct slot *s = cache_claim(&e->cache, 0, 0, false);

	engine_compare_init(e, bytes, len);
	if (s->length != len)
		return;
	memcpy(cache_bytes(&e->cache, s), bytes, len);
	blocks_set(&s->have, 0, slot_blocks(s));
	stats_fetched(&e->stats, 0, len);
}

struct engine *
engine_new(const struct engine_config *config, struct source *source)
{
	const struct source_info *info = &source->info;
	uint64_t slots = config->cache / CHUNK_SIZE;
	struct engine *e = NULL;

	errno = EINVAL;
	if (slots < 4 || slots > UINT32_MAX || config->connections < 1 ||
	    info->connections < 1)
		goto fail;
	e = calloc(1, sizeof(*e));
	if (e == NULL ||
	    cache_init(&e->cache, (uint32_t)slots, info->size) == -1 ||
	    fetches_init(
		&e->fetches, 2 * config->connections + SPARE_FETCHES, e) == -1)
		goto fail;
	e->config = *config;
	if (e->config.connections > info->connections)
		e->config.connections = info->connections;
	e->source = source;
	pthread_mutex_init(&e->lock, NULL);
	pthread_condattr_init(&e->monotonic);
	pthread_condattr_setclock(&e->monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&e->slot_freed, &e->monotonic);
	e->seed = (unsigned)clock_us();
	/* The other quarter of the slots is for chunks that were read, and for
	 * random reads. */
	e->ahead_budget = slots * CHUNK_SIZE / 4 * 3;
	meter_init(&e->meter, info->round_trip, info->rate, clock_ms());
	readahead_init(&e->readahead);
	engine_tune(e);
	stats_init(&e->stats, info->size, clock_ms());
	return e;
fail:
	if (e != NULL)
		cache_destroy(&e->cache);
	free(e);
	source->ops->close(source);
	return NULL;
}

int
engine_start(struct engine *e)
{
	errno = pthread_create(&e->thread, NULL, engine_fetch_thread, e);
	e->started = errno == 0;
	return e->started ? 0 : -1;
}

void
engine_renew(struct engine *e, const char *url)
{
	char *copy = strdup(url);

	pthread_mutex_lock(&e->lock);
	secret_free(e->renewal);
	e->renewal = copy;
	if (copy == NULL)
		e->config.log("unable to renew the URL: out of memory");
	pthread_mutex_unlock(&e->lock);
	e->source->ops->wake(e->source);
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	if (e->started) {
		pthread_mutex_lock(&e->lock);
		e->stopping = true;
		pthread_mutex_unlock(&e->lock);
		e->source->ops->wake(e->source);
		pthread_join(e->thread, NULL);
	}
	e->source->ops->close(e->source);
	secret_free(e->renewal);
	engine_compare_free(e);
	fetches_destroy(&e->fetches);
	cache_destroy(&e->cache);
	pthread_cond_destroy(&e->slot_freed);
	pthread_condattr_destroy(&e->monotonic);
	pthread_mutex_destroy(&e->lock);
	free(e);
}
