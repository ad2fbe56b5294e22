/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The engine: reads of an image, served from a cache that a fetch thread fills
 * from a source, several ranges at a time; and writes, which go through.
 *
 * The image is cut into chunks of CHUNK_SIZE bytes, a chunk into blocks of
 * BLOCK_SIZE. A chunk of which something is wanted takes a slot of one arena,
 * allocated whole at the start: nothing else grows. Each block is fetched once
 * however many readers want it, and a reader goes on as soon as its own bytes
 * have come. What a stream will want is asked for ahead, in ranges of up to
 * some chunks; what a reader waits for goes first.
 *
 * A fault is met by asking again for what is missing, with growing pauses,
 * until the source has given nothing for the outage limit. From then on
 * every read that the cache does not hold fails at once, and one range is
 * asked for again and again until the source is back.
 */
#ifndef VM_ENGINE_ENGINE_H
#define VM_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/cache.h"
#include "sources/source.h"

#define ENGINE_CACHE_MIN (4 * CHUNK_SIZE)

struct engine;

struct engine_config {
	uint64_t cache;	       /* bytes of the arena, >= ENGINE_CACHE_MIN */
	unsigned connections;  /* transfers at once, >= 1 */
	unsigned outage_limit; /* seconds, >= 1 */
	uint64_t limit_rate;   /* bytes a second, on average; 0: no limit */
	/* True when a read that waits should be given up. Any thread. */
	bool (*cancelled)(void);
	/* One line for the log, when the source fails or is back. */
	void (*log)(const char *line);
	/* The same for what is no fault. */
	void (*note)(const char *line);
	/*
	 * What stats.h says, as a JSON object, every second while something
	 * happens; NULL where nobody wants to know. The fetch thread.
	 */
	void (*tell)(const char *text);
};

/*
 * An engine above source, which it owns from now on, also on failure.
 * Nothing is fetched before engine_start(). Returns NULL with errno (ENOMEM,
 * EINVAL).
 */
struct engine *engine_new(const struct engine_config *, struct source *);

/*
 * Put what is known already of the image's beginning into the cache; len is
 * CHUNK_SIZE or the whole image. Before engine_start().
 */
void engine_warm(struct engine *, const void *bytes, size_t len);

/* Start the fetch thread. Returns 0, or -1 with errno. */
int engine_start(struct engine *);

/*
 * Read len bytes at offset, all inside the image. Any thread, many at once.
 * Returns 0; or -1 with errno EIO (the source failed; logged) or ESHUTDOWN
 * (cancelled, or the engine is being stopped).
 */
int engine_read(struct engine *, void *buf, size_t len, uint64_t offset);

/*
 * Write len bytes at offset, all inside the image, of a source that is
 * writable: when this returns, the source has them. And see to it that what
 * was written is on stable storage. Any thread; 0 or -1 as engine_read().
 */
int engine_write(struct engine *, const void *buf, size_t len, uint64_t offset);
int engine_flush(struct engine *);

/* Fetch the range when there is nothing better to do. Any thread. */
void engine_prefetch(struct engine *, uint64_t len, uint64_t offset);

/*
 * Ask the source with this URL from now on (see source.h). Logs how it went,
 * in the fetch thread. Any thread.
 */
void engine_renew(struct engine *, const char *url);

/* Stop the fetch thread, close the source, free everything. NULL is fine. */
void engine_free(struct engine *);

#endif
