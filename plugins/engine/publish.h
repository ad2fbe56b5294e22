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
 * Report if there is any news and the last report is a second old. Returns
 * when (ms) to call it again; INT64_MAX where nothing can happen before a
 * reader or the source does something (engine.told_all).
 */
int64_t engine_tell(struct engine *);

/*
 * An outage ends. If the source was down and no report has said so yet, report
 * it first: reads have failed, however short the time was.
 */
void engine_tell_down(struct engine *);

#endif
