/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/usb/functionfs.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include "drive/aio-guard.h"
#include "unix/privileges.h"
#include "unix/sandbox.h"

static struct {
	const struct aio *aio;
	int link;
	int pair[2]; /* the guarded process has the first, until it ends */
} guard;

/* Until it has written the byte, the other process waits. After that, it must change
 * no memory, not even errno, while the other one lives. */
static int
run(void *unused)
{
	char byte = 0;

	(void)unused;
	prctl(PR_SET_NAME, "vm-drive-guard");
	dup2(guard.pair[1], STDIN_FILENO);
	dup2(guard.link, STDOUT_FILENO);
	close_from(STDERR_FILENO);
	if (sandbox_enter_device(FUNCTIONFS_ENDPOINT_DESC) == -1 &&
	    !sandbox_is_missing(errno))
		_exit(EX_OSERR);
	if (write(STDIN_FILENO, &byte, 1) == 1 &&
	    read(STDIN_FILENO, &byte, 1) == 0)
		syscall(SYS_io_destroy, guard.aio->context);
	_exit(0);
}

int
aio_guard(const struct aio *aio, int link)
{
	/* seccomp(3) needs more than a page. */
	static char stack[64 * 1024] __attribute__((aligned(16)));
	sigset_t all, before;
	char byte;
	int pid;

	guard.aio = aio;
	guard.link = link;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, guard.pair) ==
	    -1)
		return -1;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = clone(run, stack + sizeof(stack), CLONE_VM, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(guard.pair[1]);
	if (pid != -1 && read(guard.pair[0], &byte, 1) == 1)
		return 0;
	close(guard.pair[0]);
	return -1;
}
