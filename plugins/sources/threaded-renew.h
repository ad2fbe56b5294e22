/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Where a threaded source reads from: copies of its configuration, and how a
 * renewal replaces it while the image is in use.
 */
#ifndef VM_SOURCES_THREADED_RENEW_H
#define VM_SOURCES_THREADED_RENEW_H

#include "sources/threaded-worker.h"

/* Copy a config and its texts. NULL without memory. They live until: */
const struct source_config *blocking_keep_config(
    struct blocking *, const struct source_config *);
void blocking_free_configs(struct blocking *);

/*
 * As source_ops.renew. The first worker tries the new place when its transfer
 * has ended; so long this one polls.
 */
int blocking_renew(struct source *, const char *text, struct fault *why);

/* As source_ops.adopt: the file at the renewed place is the image. */
void blocking_adopt(struct source *);

#endif
