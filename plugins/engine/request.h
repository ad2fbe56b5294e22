/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Asking for ranges of the image, and taking that back.
 */
#ifndef VM_ENGINE_REQUEST_H
#define VM_ENGINE_REQUEST_H

#include "engine/state.h"

/*
 * Ask for those blocks which [from, to) touches and which are neither here nor
 * coming. False where slots or ranges ran out before all was asked for.
 */
bool engine_ask(struct engine *, uint64_t from, uint64_t to, bool for_reader);

/*
 * A range is done with: nothing of it that did not come so far will come. Its
 * pins and the range itself are given back. A write or a flush has ended with
 * this errno; 0: well.
 */
void engine_end_request(struct engine *, struct fetch *, int error);

#endif
