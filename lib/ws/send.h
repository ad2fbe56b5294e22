/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * From the backend to the peer: data, and the control frames that are owed.
 */
#ifndef VM_WS_SEND_H
#define VM_WS_SEND_H

#include "ws/pump.h"

/* Is there room for what the backend says, and is it still to be sent? */
bool pump_wants_in(const struct pump *);

/* Read from the backend once, and make a data frame of it. */
void pump_read_in(struct pump *);

/* Where no frame is under way, make the next one that is owed: a pong, a ping,
 * a beat, and only then our close. */
void pump_make_next(struct pump *);

/* Write to the peer once: the frame that is under way, or held-back TLS. */
void pump_write_net(struct pump *);

#endif
