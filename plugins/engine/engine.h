/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The engine answers reads of an image from a cache. A fetch thread fills the
 * cache from a source, several ranges at a time. Writes go directly to the
 * source.
 *
 * The plugin uses this folder, and includes only this header. The folder knows
 * caching, read-ahead and retries. It does not know the protocol of a source
 * (HTTP, NFS, SMB), nor that nbdkit is the reader. state.h describes its files.
 *
 * The image is cut into chunks of CHUNK_SIZE bytes, a chunk into blocks of
 * BLOCK_SIZE. A chunk in use takes a slot of one arena, which is allocated
 * whole at the start: nothing else grows. Each block is fetched once however
 * many readers want it, and a reader continues as soon as its own bytes have
 * arrived. Bytes that a stream will read are requested ahead, in ranges of some
 * chunks; bytes that a reader waits for are requested first.
 *
 * After a fault the missing bytes are requested again, with growing pauses,
 * until the source has sent nothing for the time of the outage limit. From then
 * on every read that needs bytes from outside the cache fails at once, and one
 * range is requested again and again until the source is back.
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
