/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * May a client in? A ticket says so, or a command of the site.
 */
#ifndef VM_WS_MONITOR_AUTHORIZE_H
#define VM_WS_MONITOR_AUTHORIZE_H

#include <signal.h>

#include "ws/proxy.h"

/*
 * Sets leave->status, with why, where it may not: 403. wish->ended becomes what
 * its ticket says of the end of what it was for. The site's command has `mask`
 * as its signals' mask; it is waited for, up to 10 seconds, or until SIGTERM or
 * SIGINT is pending, which the caller has blocked.
 */
void ws_admit(const struct ws_options *, const sigset_t *mask, struct ws_wish *,
    struct ws_leave *);

#endif
