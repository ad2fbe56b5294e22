/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How a bridge's WebSocket ends (RFC 6455 section 7): each call sets *p->end,
 * and leaves the close frame to be sent by ws/send.h.
 */
#ifndef VM_WS_CLOSE_H
#define VM_WS_CLOSE_H

#include "ws/pump.h"

/* Close from our side; the frames that we owe already are sent first. */
void pump_close(struct pump *, const struct ws_reason *);

/* Take the close frame that the peer has sent, and owe it an answer. */
void pump_take_close(struct pump *, const struct ws_event *);

/* The peer broke the protocol: close, and parse no more of it (7.1.7). */
void pump_fail(struct pump *, const struct ws_event *);

/* The connection is lost; `why` counts unless the peer closed or failed
 * before. */
void pump_lose(struct pump *, const char *why);

/*
 * If the backend has ended (p->in_ended) and b->end_wait is over, close with
 * the reason that the bridge's owner gives. Until then the peer may close
 * first.
 */
void pump_take_backend_end(struct pump *);

/* Call b->input_done(), once: the backend has all that the peer sent. */
void pump_tell_backend(struct pump *);

/*
 * Has the peer closed or failed, but can we still write to it? Then what the
 * backend still sends is its last answer.
 */
bool pump_is_last(const struct pump *);

/*
 * May our close frame go out? A WebSocket has no half-close. A peer that closes
 * is still sent the backend's answer to its last data (5.5.1), if the answer
 * comes soon.
 */
bool pump_may_close(struct pump *);

#endif
