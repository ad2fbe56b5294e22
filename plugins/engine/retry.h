/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the fetch thread does about a transfer that failed: pauses, tries it
 * again, keeps an outage in mind, or gives up.
 */
#ifndef VM_ENGINE_RETRY_H
#define VM_ENGINE_RETRY_H

#include "engine/state.h"

/* A transfer of this range has failed: queue it again, or end it. */
void engine_take_fault(struct engine *, struct fetch *, const struct fault *);

/* The source gives bytes, or takes them: an outage, if there was one, is over. */
void engine_end_outage(struct engine *);

#endif
