/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the plugin says while nbdkit runs (report.h, the control socket).
 */
#ifndef VM_FETCHD_MESSAGES_H
#define VM_FETCHD_MESSAGES_H

#include "fetchd/supervisor.h"

/*
 * Take the messages that have come, without waiting, but not without end: a
 * plugin that was taken over must not keep vm-fetchd from its signals.
 */
void messages_take(struct supervisor *);

/* An nbdkit that is started later uses what was renewed, too. */
void messages_keep_renewal(struct supervisor *);

#endif
