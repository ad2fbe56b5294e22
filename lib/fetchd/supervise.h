/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What vm-fetchd does while its image is served. It starts nbdkit. It starts
 * nbdkit again if the image is compressed or must be downloaded first, and when
 * nbdkit dies. It passes on the plugin's messages, and passes renewed URLs and
 * credentials to the plugin.
 *
 * Only vm-fetchd uses this folder, except report.h and renewal.h, which the
 * plugin uses as well. The folder knows how to start nbdkit and how to talk to
 * it. It does not know HTTP, NFS or SMB: the plugin does.
 */
#ifndef VM_FETCHD_SUPERVISE_H
#define VM_FETCHD_SUPERVISE_H

#include "base/failure.h"
#include "fetchd/supervisor.h"

/*
 * Block the signals that supervisor_run() reads. Call it before there is
 * anything to undo. Returns 0, or -1 with the failure described.
 */
int supervisor_catch_signals(struct supervisor *, struct failure *);

/*
 * Start nbdkit, and run until SIGTERM, SIGINT or SIGHUP. SIGUSR1 renews the URL
 * and the credentials. Returns 0 after such a signal, or with only_check when
 * the image could be opened; or -1 with the failure described. nbdkit is
 * stopped before it returns.
 */
int supervisor_run(struct supervisor *, struct failure *);

#endif
