/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Request ranges of the image, and end or cancel requests.
 */
#ifndef VM_ENGINE_REQUEST_H
#define VM_ENGINE_REQUEST_H

#include "engine/state.h"

/*
 * Request those blocks that [from, to) touches and that are neither cached nor
 * requested yet. Returns false if slots or ranges ran out before all blocks
 * were requested.
 */
bool engine_ask(struct engine *, uint64_t from, uint64_t to, bool for_reader);

/*
 * End a range: the bytes that have not come will not come. Its pins and the
 * range itself are released. A write or a flush has ended with this errno; 0:
 * success.
 */
void engine_end_request(struct engine *, struct fetch *, int error);

#endif
