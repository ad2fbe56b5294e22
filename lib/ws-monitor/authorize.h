/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * May a client in? A ticket decides, or a command of the site.
 */
#ifndef VM_WS_MONITOR_AUTHORIZE_H
#define VM_WS_MONITOR_AUTHORIZE_H

#include <signal.h>

#include "ws-monitor/ticket-check.h"
#include "ws/message.h"

/*
 * Set reply->was_checked, and where the client may not in, reply->status (403)
 * and reply->why. *grant is what the ticket has told, empty without one. The
 * site's command runs with `mask` as its signal mask; it has 10 seconds, or until
 * SIGTERM or SIGINT is pending: the caller has blocked both.
 *
 * Returns the descriptor that the command has passed on (vm-ws-proxy(1), option
 * -A): once it can be read, or the other end has been closed, the client must
 * leave. It is the caller's to close. -1: there is none.
 */
int ws_authorize(const struct ws_options *, const sigset_t *mask,
    const struct ws_open_request *, struct ws_open_reply *reply,
    struct ticket_grant *grant);

#endif
