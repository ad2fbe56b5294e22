/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The configuration of an engine.
 */
#ifndef VM_ENGINE_CONFIG_H
#define VM_ENGINE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/cache.h"

#define ENGINE_CACHE_MIN (4 * CHUNK_SIZE)

struct engine_config {
	uint64_t cache;	       /* bytes of the arena, >= ENGINE_CACHE_MIN */
	unsigned connections;  /* transfers at once, >= 1 */
	unsigned outage_limit; /* seconds, >= 1 */
	uint64_t limit_rate;   /* bytes a second, on average; 0: no limit */
	/* Returns true if reads must stop waiting. Any thread may call it. */
	bool (*cancelled)(void);
	/* Log one line about a failure of the source. */
	void (*log)(const char *line);
	/* Log one line that reports no failure, for example that the source is
	 * back. */
	void (*note)(const char *line);
	/* Receives info.adopted: other validators that the image has. May be
	 * NULL. */
	void (*adopted)(const char *lines);
	/*
	 * Receives the counts of stats.h as a JSON object, each second in which
	 * one of them changes; NULL if nobody reads them. Returns false if the
	 * report was not sent, and must be repeated. The fetch thread calls it.
	 */
	bool (*tell)(const char *text);
};

#endif
