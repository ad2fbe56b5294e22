/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What an engine is told when it is made.
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
	/* True when a read that waits should be given up. Any thread. */
	bool (*cancelled)(void);
	/* One line for the log: the source fails. */
	void (*log)(const char *line);
	/* The same for news that are no fault: it is back. */
	void (*note)(const char *line);
	/* Validators that are the image's, too: info.adopted. May be NULL. */
	void (*adopted)(const char *lines);
	/*
	 * What stats.h counts, as a JSON object, every second in which
	 * something changes; NULL where nobody reads it. False if it could not
	 * be told and is to be told again. The fetch thread.
	 */
	bool (*tell)(const char *text);
};

#endif
