/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <sysexits.h>
#include <unistd.h>

#include "unix/privileges.h"
#include "unix/sandbox.h"
#include "ws/client.h"
#include "ws/server.h"
#include "ws/worker.h"

/* If a peer takes this process over, it cannot become another user, start a
 * process, or reach a terminal. */
static void
drop_privileges(const struct ws_options *o)
{
	const struct rlimit none = {0, 0};

	setsid();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_NPROC, &none);
	if (become_user(o->user) == -1)
		err(errno == ENOENT ? EX_NOUSER : EX_OSERR,
		    "unable to run the worker as user %s",
		    o->user != NULL ? o->user : "vmedia or nobody (see -u)");
	/* Other processes of the same user must not read our memory. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int
ws_worker_run(
    const struct ws_options *o, int monitor, int in, int out, const char *peer)
{
	drop_privileges(o);
	/* A client must still connect to its server: see client.c. */
	if ((o->is_client ? sandbox_enter() : sandbox_enter_strict()) == -1 &&
	    !sandbox_is_missing(errno))
		err(EX_OSERR, "unable to enter the worker's sandbox");
	return o->is_client ? ws_client_run(o, monitor)
			    : ws_server_run(o, monitor, in, out, peer);
}
