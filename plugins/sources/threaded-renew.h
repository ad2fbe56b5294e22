/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The configuration of a threaded source: copies of it, and its renewal while
 * the image is in use.
 */
#ifndef VM_SOURCES_THREADED_RENEW_H
#define VM_SOURCES_THREADED_RENEW_H

#include "sources/threaded-worker.h"

/*
 * Copy a config with its URL, user, password and domain; the caller keeps its
 * other texts. NULL without memory. All copies live until
 * blocking_free_configs().
 */
const struct source_config *blocking_keep_config(
    struct blocking *, const struct source_config *);
void blocking_free_configs(struct blocking *);

/*
 * Implements source_ops.renew. The first worker tries the new place when its
 * transfer has ended; until then, this function polls.
 */
int blocking_renew(struct source *, const char *text, struct fault *why);

/* Implements source_ops.adopt: the file at the renewed place is the image. */
void blocking_adopt(struct source *);

#endif
