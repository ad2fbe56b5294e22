/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Pass data from the backend to the peer, and send the control frames that we
 * owe.
 */
#ifndef VM_WS_SEND_H
#define VM_WS_SEND_H

#include "ws/pump.h"

/* Is there room for what the backend sends, and may we still send it? */
bool pump_wants_in(const struct pump *);

/* Read from the backend once, and make a data frame of it. */
void pump_read_in(struct pump *);

/* If no frame is under way, make the next one that we owe: a pong, a ping, the
 * texts, a beat, and only then our close. */
void pump_make_next(struct pump *);

/* Write to the peer once: the frame under way, or else what TLS holds back. */
void pump_write_net(struct pump *);

#endif
