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
 * The image is divided into chunks of CHUNK_SIZE bytes, and a chunk into blocks
 * of BLOCK_SIZE. A chunk in use takes a slot of one arena, which is allocated
 * whole at the start, so memory use does not grow. However many readers want a
 * block, it is fetched once, and a reader continues as soon as its own bytes
 * have arrived. Bytes that a stream will read are requested ahead, in ranges of
 * some chunks; bytes that a reader waits for are requested first.
 *
 * After a fault the missing bytes are requested again, with growing pauses,
 * until the source has sent nothing for as long as the outage limit. Then every
 * read of bytes that are not cached fails at once, and one range is requested
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
 * Make an engine that reads from source. The engine owns source from now on; on
 * failure, source is closed. Nothing is fetched before engine_start(). Returns
 * NULL with errno (ENOMEM, EINVAL).
 */
struct engine *engine_new(const struct engine_config *, struct source *);

/*
 * Put the image's beginning, which the caller has already, into the cache; len
 * is CHUNK_SIZE or the whole image. Call this before engine_start().
 */
void engine_warm(struct engine *, const void *bytes, size_t len);

/* Start the fetch thread. Returns 0, or -1 with errno. */
int engine_start(struct engine *);

/*
 * Read len bytes at offset, all inside the image. Any number of threads may
 * call it at once. Returns 0; or -1 with errno EIO (the source failed; logged)
 * or ESHUTDOWN (cancelled, or the engine is stopping).
 */
int engine_read(struct engine *, void *buf, size_t len, uint64_t offset);

/*
 * Write len bytes at offset, all inside the image, to a writable source. On
 * success, the source has the bytes. Any thread may call it; the results are
 * those of engine_read().
 */
int engine_write(struct engine *, const void *buf, size_t len, uint64_t offset);

/* Put all written bytes on stable storage. Threads and results as for
 * engine_read(). */
int engine_flush(struct engine *);

/* Fetch the range after all that readers wait for. Any thread may call it. */
void engine_prefetch(struct engine *, uint64_t len, uint64_t offset);

/*
 * Make the source use this text, a renewal (see source_ops.renew), from now on.
 * The fetch thread logs whether that worked. Any thread may call it.
 */
void engine_renew(struct engine *, const char *url);

/* Stop the fetch thread, close the source and free everything. NULL is fine. */
void engine_free(struct engine *);

#endif
