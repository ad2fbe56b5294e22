/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Take the messages that the plugin sends while nbdkit runs (report.h, the
 * control socket).
 */
#ifndef VM_FETCHD_MESSAGES_H
#define VM_FETCHD_MESSAGES_H

#include "fetchd/supervisor.h"

/*
 * Take the messages that have come, without waiting, and only a limited number
 * at a time: a compromised plugin must not keep vm-fetchd from its signals.
 */
void messages_take(struct supervisor *);

/* Have an nbdkit that is started later use the renewed values, too. */
void messages_keep_renewal(struct supervisor *);

#endif
