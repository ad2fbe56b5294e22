/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Pass data from the peer to the backend.
 */
#ifndef VM_WS_RECEIVE_H
#define VM_WS_RECEIVE_H

#include "ws/pump.h"

/* Is there room for more of what the peer sends? */
bool pump_wants_net(const struct pump *);

/* Parse p->in up to the next payload, which must be written before the rest. */
void pump_parse(struct pump *);

/* Write payload to the backend once. Returns false if it takes no more now. */
bool pump_write_out(struct pump *);

/* Read from the peer and write to the backend until one would block, or for a
 * few rounds: the caller has other things to look at. */
void pump_pass_in(struct pump *);

#endif
