/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Reports of the engine's counts and of the state of its source, for
 * engine_config.tell.
 */
#ifndef VM_ENGINE_PUBLISH_H
#define VM_ENGINE_PUBLISH_H

#include "engine/state.h"

/*
 * Send a report if anything has changed and the last report is a second old.
 * Returns when (ms) to call this again; INT64_MAX if nothing can change before
 * a reader or the source acts (engine.told_all).
 */
int64_t engine_tell(struct engine *);

/*
 * An outage ends. If the source was down and no report has said so yet, report
 * it first: reads may have failed, however short the time was.
 */
void engine_tell_down(struct engine *);

#endif
