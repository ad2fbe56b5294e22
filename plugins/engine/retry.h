/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the fetch thread does about a transfer that failed: pauses, tries it
 * again, keeps an outage in mind, or gives up.
 */
#ifndef VM_ENGINE_RETRY_H
#define VM_ENGINE_RETRY_H

#include "engine/state.h"

/*
 * A transfer of this range has failed, not by FAULT_DOUBTED: queue it again, or
 * end it.
 */
void engine_take_fault(struct engine *, struct fetch *, const struct fault *);

/*
 * Take note of a fault that another try may mend, of a transfer that last made
 * progress at `since` (ms), and count its tries. Returns the pause (ms) before
 * the next one.
 */
int64_t engine_note_fault(
    struct engine *, int64_t since, unsigned *tries, const struct fault *);

/*
 * The image is another one: its bytes must not be mixed with those we have. All
 * requests fail from now on.
 */
void engine_fail_for_good(struct engine *, const struct fault *);

/* The source gives bytes, or takes them: an outage, if there was one, is over. */
void engine_end_outage(struct engine *);

#endif
