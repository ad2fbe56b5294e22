/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the fetch thread does after a transfer has failed: it pauses, tries
 * again, keeps track of an outage, or gives up.
 */
#ifndef VM_ENGINE_RETRY_H
#define VM_ENGINE_RETRY_H

#include "engine/state.h"

/*
 * A transfer of this range has failed: queue the range again, or end it.
 * FAULT_DOUBTED counts as FAULT_CHANGED here.
 */
void engine_take_fault(struct engine *, struct fetch *, const struct fault *);

/*
 * Record a fault after which another try may succeed, and count the tries. The
 * transfer last made progress at `since` (ms). Returns the pause (ms) before
 * the next try.
 */
int64_t engine_note_fault(
    struct engine *, int64_t since, unsigned *tries, const struct fault *);

/*
 * The source now has another image, whose bytes must not be mixed with the
 * cached ones. All requests fail from now on.
 */
void engine_fail_for_good(struct engine *, const struct fault *);

/* The source sends or accepts bytes: an outage, if there was one, is over. */
void engine_end_outage(struct engine *);

#endif
