/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The engine: reads of an image, served from a cache that a fetch thread fills
 * from a source, several ranges at a time; and writes, which go through.
 *
 * The plugin uses this folder, by this header alone. The folder knows how an
 * image is cached, read ahead and tried again. It does not know what a source
 * speaks (HTTP, NFS, SMB), nor that nbdkit is the reader. state.h has the map
 * of its files.
 *
 * The image is cut into chunks of CHUNK_SIZE bytes, a chunk into blocks of
 * BLOCK_SIZE. A chunk in use takes a slot of one arena, which is allocated whole
 * at the start: nothing else grows. Each block is fetched once however many
 * readers want it, and a reader goes on as soon as its own bytes have come.
 * Bytes that a stream will read are asked for ahead, in ranges of some chunks;
 * bytes that a reader waits for go first.
 *
 * After a fault the missing bytes are asked for again, with growing pauses,
 * until the source has given nothing for the outage limit. From then on every
 * read that the cache does not hold fails at once, and one range is asked for
 * again and again until the source is back.
 */
#ifndef VM_ENGINE_ENGINE_H
#define VM_ENGINE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/config.h"
#include "sources/source.h"

struct engine;

/*
 * An engine above source, which it owns from now on, also on failure.
 * Nothing is fetched before engine_start(). Returns NULL with errno (ENOMEM,
 * EINVAL).
 */
struct engine *engine_new(const struct engine_config *, struct source *);

/*
 * Put the image's beginning, which is known already, into the cache; len is
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
 * Write len bytes at offset, all inside the image, to a source that is
 * writable: when this returns, the source has them. Any thread; 0 or -1 as
 * engine_read().
 */
int engine_write(struct engine *, const void *buf, size_t len, uint64_t offset);

/* Put what was written on stable storage. Any thread; as engine_read(). */
int engine_flush(struct engine *);

/* Fetch the range when there is nothing better to do. Any thread. */
void engine_prefetch(struct engine *, uint64_t len, uint64_t offset);

/*
 * Have the source use this URL from now on (see source.h). The fetch thread
 * logs whether that worked. Any thread.
 */
void engine_renew(struct engine *, const char *url);

/* Stop the fetch thread, close the source, free everything. NULL is fine. */
void engine_free(struct engine *);

#endif
