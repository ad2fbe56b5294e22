/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * May a client in? A ticket decides, or the site's own command.
 */
#ifndef VM_WS_MONITOR_AUTHORIZE_H
#define VM_WS_MONITOR_AUTHORIZE_H

#include <signal.h>

#include "ws-monitor/ticket-check.h"
#include "ws/message.h"

/*
 * Set reply->was_checked, and if the client may not in, reply->status (403) and
 * reply->why. *grant is what the ticket says; it is empty without a ticket. The
 * site's command runs with `mask` as its signal mask. It has 10 seconds, or
 * until SIGTERM or SIGINT is pending: the caller has blocked both.
 *
 * Returns the descriptor that the command has passed to us (vm-ws-proxy(1),
 * option -A), which the caller closes; or -1 if there is none. When the
 * descriptor becomes readable, or its other end is closed, the client must
 * leave.
 */
int ws_authorize(const struct ws_options *, const sigset_t *mask,
    const struct ws_open_request *, struct ws_open_reply *reply,
    struct ticket_grant *grant);

#endif
