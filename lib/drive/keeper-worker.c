/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "drive/keeper-worker.h"
#include "drive/worker.h"
#include "unix/fd-passing.h"

#define GUARD_MS   2000 /* a guard ends at once, but the machine may be busy */
#define TRAPS_MOST 10 /* workers, one after the other, that answer no command */

/* Whoever started us may wait until they are closed. They are open: keeper_run(). */
static void
close_standard_streams(void)
{
	int fd, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	close(null);
}

static void __attribute__((noreturn)) become_worker(struct keeper *k, int link)
{
	const struct worker_setup setup = {.function = k->function,
	    .shared = k->shared,
	    .counters = k->counters,
	    .keeper = link,
	    .may_halt = k->setup->may_halt};
	sigset_t none;

	close_standard_streams();
	setsid(); /* ^C is for the keeper: what the host wrote is kept first */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	k->setup->forget();
	/* It may write to what it shares, and not to this. */
	munmap(k->image, sizeof(*k->image));
	dial_forget(&k->medium.dial);
	drive_control_close(&k->control);
	if (k->medium.file != -1)
		close(k->medium.file);
	close(k->children);
	close(k->setup->stop);
	worker_run(&setup);
}

/* All workers share these flags, and one that was taken over may have changed them:
 * the next one would wait for ever. */
static void
restore_flags(const struct function *f)
{
	fcntl(f->control, F_SETFL, O_NONBLOCK);
	fcntl(f->in, F_SETFL, O_NONBLOCK);
	fcntl(f->out, F_SETFL, O_NONBLOCK);
}

int
worker_start(struct keeper *k)
{
	int pair[2];

	/* The first one, or the last one was made to write there. */
	if (!scsi_is_valid(&k->shared->unit))
		scsi_init(&k->shared->unit, &k->drive);
	k->worker = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return fail_errno(k->why, EX_OSERR, "unable to make a socket");
	/* A worker that does not read must not hold us up. */
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	restore_flags(&k->function);
	k->worker = fork();
	if (k->worker == 0) {
		close(pair[0]);
		become_worker(k, pair[1]);
	}
	close(pair[1]);
	if (k->worker == -1) {
		close(pair[0]);
		return fail_errno(
		    k->why, EX_OSERR, "unable to start the worker");
	}
	k->link = pair[0];
	k->is_ready = false;
	k->commands = k->shared->commands;
	return 0;
}

/* The worker has ended. Its guard has the link, too, until it has cancelled the worker's
 * transfers: the next worker would lose to these what the host sends. */
static void
close_link(struct keeper *k)
{
	struct pollfd p = {.fd = k->link, .events = POLLIN};
	char news;

	while (poll(&p, 1, GUARD_MS) == 1 &&
	       recv(k->link, &news, 1, MSG_DONTWAIT) > 0)
		;
	close(k->link);
}

int
worker_replace(struct keeper *k, int status)
{
	k->worker = -1; /* it has been waited for */
	k->traps = k->shared->commands == k->commands ? k->traps + 1 : 0;
	if (k->traps >= TRAPS_MOST)
		return fail(k->why, EX_SOFTWARE,
		    "unable to answer the host: the worker ended %u times "
		    "(status %#x)",
		    k->traps, (unsigned)status);
	close_link(k);
	k->setup->say("the worker has ended: starting it again");
	return worker_start(k);
}

void
worker_kill(struct keeper *k)
{
	/* kill(2) takes -1 for all processes. */
	if (k->worker > 0)
		kill(k->worker, SIGKILL);
}

void
worker_end(struct keeper *k)
{
	if (k->worker <= 0)
		return;
	worker_kill(k);
	waitpid(k->worker, NULL, 0);
	k->worker = -1;
	close_link(k);
}

int
worker_renew(struct keeper *k)
{
	worker_end(k);
	memset(&k->shared->unit, 0, sizeof(k->shared->unit));
	return worker_start(k);
}

void
worker_order(struct keeper *k, enum drive_order what, int fd)
{
	const struct kept_medium *medium = &k->medium;
	struct drive_message m = {.order = what,
	    .is_file = medium->file != -1,
	    .nbd_flags = (uint32_t)medium->dial.first.flags,
	    .is_writable = medium->wish.writable,
	    .block_size = medium->wish.block_size,
	    .size = medium->size};

	/* A worker that does not take it ends, and the next one asks again. */
	if (pass_send(k->link, &m, sizeof(m), &fd, fd == -1 ? 0 : 1) == -1)
		worker_kill(k);
}
