/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include <linux/fs.h>

#include "base/clock.h"
#include "drive/dial.h"
#include "drive/keeper.h"
#include "drive/shared.h"
#include "drive/worker.h"
#include "unix/fd-passing.h"

#define EJECT_MS   20000 /* for the source to keep what was written */
#define TRAPS_MOST 10 /* workers, one after the other, that answer no command */

struct keeper {
	const struct keeper_setup *setup;
	struct failure *why;
	struct function function;
	struct drive_shared *shared;
	int children; /* a signalfd(2) of SIGCHLD */
	pid_t worker;
	int link;	      /* the socket to the worker */
	bool is_ready, is_in; /* the worker; the medium, as far as we know */
	bool is_shown;	      /* the drive */
	bool is_unsaved;      /* the source could not keep what was written */
	int64_t end;	   /* clock_ms() until which an eject may last; or 0 */
	uint64_t commands; /* when the worker was started */
	unsigned traps;	   /* workers that have answered none */
	/* The source: */
	int file; /* of a file, as long as we run; -1: it is a socket */
	struct dial dial;
	bool is_wanted; /* the worker has none */
	int64_t lost;	/* clock_ms() since when it has none; -1: it has one */
	uint64_t size;	/* bytes of the medium */
};

/* --- the worker ----------------------------------------------------------- */

static void __attribute__((noreturn)) become_worker(struct keeper *k, int link)
{
	const struct worker_setup setup = {.function = k->function,
	    .shared = k->shared,
	    .keeper = link,
	    .may_halt = k->setup->may_halt};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dial_forget(&k->dial);
	close(k->children);
	close(k->setup->stop);
	worker_run(&setup);
}

static int
start_worker(struct keeper *k)
{
	int pair[2];

	/* The first one, or the last one was made to write there. */
	if (!scsi_is_valid(&k->shared->unit))
		scsi_init(&k->shared->unit, &k->setup->drive);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return fail_errno(k->why, EX_OSERR, "unable to make a socket");
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

static void
want_source(struct keeper *k)
{
	k->is_wanted = true;
	if (k->lost == -1)
		k->lost = clock_ms();
}

/* The worker has ended: another one goes on, unless it would end the same way. */
static int
replace_worker(struct keeper *k, int status)
{
	k->traps = k->shared->commands == k->commands ? k->traps + 1 : 0;
	if (k->traps >= TRAPS_MOST)
		return fail(k->why, EX_SOFTWARE,
		    "unable to answer the host: the worker ended %u times "
		    "(status %#x)",
		    k->traps, (unsigned)status);
	close(k->link);
	k->setup->say("the worker has ended: starting it again");
	return start_worker(k);
}

static void
order(struct keeper *k, enum drive_order what, int fd)
{
	struct drive_message m = {.order = what,
	    .is_file = k->file != -1,
	    .nbd_flags = (uint32_t)k->dial.first.flags,
	    .is_writable = k->setup->writable,
	    .block_size = k->setup->block_size,
	    .size = k->size};

	/* A worker that does not take it ends, and the next one asks again. */
	if (pass_send(k->link, &m, sizeof(m), &fd, fd == -1 ? 0 : 1) == -1)
		kill(k->worker, SIGKILL);
}

/* --- the source -------------------------------------------------------------- */

static void
give_source(struct keeper *k, int fd)
{
	order(k, k->is_in ? DRIVE_CONTINUE : DRIVE_INSERT, fd);
	k->is_wanted = false;
	k->lost = -1;
	/* It was to be ejected, and could not write out without a source. */
	if (k->end != 0)
		order(k, DRIVE_EJECT, -1);
}

static int
open_file(struct keeper *k)
{
	struct stat st;

	k->file = open(k->setup->source,
	    (k->setup->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (k->file == -1 || fstat(k->file, &st) == -1)
		return fail_errno(k->why,
		    errno == EACCES || errno == EROFS ? EX_NOPERM : EX_NOINPUT,
		    "unable to open %s", k->setup->source);
	k->size = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(k->file, BLKGETSIZE64, &k->size) == -1)
		return fail_errno(
		    k->why, EX_NOINPUT, "unable to use %s", k->setup->source);
	return 0;
}

/* There is no source: how long may the host wait? */
static int
bear_loss(struct keeper *k)
{
	if (clock_ms() < k->lost + 1000 * (int64_t)k->setup->outage)
		return 0;
	if (!k->is_in)
		return fail_because(k->why, CAUSE_UNREACHABLE, EX_UNAVAILABLE,
		    "unable to connect to %s", k->setup->source);
	order(k, DRIVE_GIVE_UP, -1);
	return 0;
}

static int
find_source(struct keeper *k)
{
	int socket, rc;

	if (!k->is_ready || !k->is_wanted)
		return 0;
	if (k->file != -1) {
		give_source(k, k->file);
		return 0;
	}
	rc = dial_go_on(&k->dial, &socket, k->why);
	if (rc == 0)
		return bear_loss(k);
	if (rc == -1)
		return -1;
	k->size = k->dial.first.size;
	give_source(k, socket);
	close(socket);
	return 0;
}

/* --- the loop ------------------------------------------------------------------- */

static int
show(struct keeper *k)
{
	if (k->is_shown)
		return 0;
	k->is_shown = true;
	return k->setup->show(k->why);
}

/* We are to end. Returns 1 if there is nothing to write out before. */
static int
stop(struct keeper *k)
{
	if (!k->is_in || !k->setup->writable)
		return 1;
	k->end = clock_ms() + EJECT_MS;
	if (!k->is_wanted)
		order(k, DRIVE_EJECT, -1);
	return 0;
}

/* Returns 1 when the medium was ejected. */
static int
hear_worker(struct keeper *k)
{
	char news;

	if (recv(k->link, &news, 1, MSG_DONTWAIT) != 1)
		return 0;
	switch (news) {
	case DRIVE_READY:
		k->is_ready = true;
		want_source(k);
		return show(k);
	case DRIVE_INSERTED:
		if (!k->is_in)
			k->setup->on_ready();
		k->is_in = true;
		return 0;
	case DRIVE_LOST:
		want_source(k);
		return 0;
	case DRIVE_UNSAVED:
		k->is_unsaved = true;
		return 0;
	case DRIVE_EJECTED:
		return 1;
	default:
		return fail(k->why, EX_DATAERR,
		    "unable to show %s: no such drive can have it",
		    k->setup->source);
	}
}

static int
hear_children(struct keeper *k)
{
	struct signalfd_siginfo unused;
	int status;

	if (read(k->children, &unused, sizeof(unused)) == -1 && errno != EAGAIN)
		return fail_errno(k->why, EX_OSERR, "unable to wait");
	return waitpid(k->worker, &status, WNOHANG) == k->worker
		   ? replace_worker(k, status)
		   : 0;
}

static int
wait_ms(const struct keeper *k)
{
	return k->is_wanted || k->end != 0 ? DIAL_AGAIN_MS : -1;
}

static int
loop(struct keeper *k)
{
	enum {
		STOP,
		CHILDREN,
		WORKER,
		HANDSHAKE,
		COUNT
	};
	struct pollfd p[COUNT] = {
	    {k->setup->stop, POLLIN, 0}, {k->children, POLLIN, 0}};
	int rc = 0;

	while (rc == 0) {
		p[WORKER] = (struct pollfd){k->link, POLLIN, 0};
		p[HANDSHAKE] =
		    (struct pollfd){dial_descriptor(&k->dial), POLLIN, 0};
		if (poll(p, COUNT, wait_ms(k)) == -1 && errno != EINTR)
			return fail_errno(k->why, EX_OSERR, "unable to wait");
		if (p[STOP].revents != 0) {
			p[STOP].fd = -1;
			rc = stop(k);
		}
		if (rc == 0 && p[WORKER].revents & POLLIN)
			rc = hear_worker(k);
		if (rc == 0 && p[CHILDREN].revents != 0)
			rc = hear_children(k);
		if (rc == 0)
			rc = find_source(k);
		if (rc == 0 && k->end != 0 && clock_ms() >= k->end) {
			k->is_unsaved = true;
			rc = 1;
		}
	}
	if (rc == 1 && k->is_unsaved && k->setup->writable)
		return fail(k->why, EX_IOERR,
		    "unable to write out all that the host wrote to %s",
		    k->setup->source);
	return rc == 1 ? 0 : -1;
}

static int
catch_children(void)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
prepare(struct keeper *k)
{
	struct stat st;

	if (stat(k->setup->source, &st) == -1)
		return fail_errno(
		    k->why, EX_NOINPUT, "unable to open %s", k->setup->source);
	/* To open another kind of file might wait for ever. */
	if (!S_ISSOCK(st.st_mode) && !S_ISREG(st.st_mode) &&
	    !S_ISBLK(st.st_mode))
		return fail(k->why, EX_NOINPUT,
		    "unable to use %s: it is neither a file nor a socket",
		    k->setup->source);
	if (!S_ISSOCK(st.st_mode) && open_file(k) == -1)
		return -1;
	k->shared = mmap(NULL, sizeof(*k->shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (k->shared == MAP_FAILED)
		return fail_errno(k->why, EX_OSERR, "unable to get memory");
	k->children = catch_children();
	if (function_open(&k->function, k->setup->dir) == -1)
		return fail_errno(k->why, EX_UNAVAILABLE,
		    "unable to use the USB function at %s", k->setup->dir);
	return start_worker(k);
}

int
keeper_run(const struct keeper_setup *setup, struct failure *why)
{
	struct keeper k = {.setup = setup,
	    .why = why,
	    .file = -1,
	    .link = -1,
	    .lost = -1,
	    .function = {-1, -1, -1}};
	int rc;

	dial_init(&k.dial, setup->source, setup->writable, setup->say);
	rc = prepare(&k);
	if (rc == 0) {
		rc = loop(&k);
		kill(k.worker, SIGKILL);
		waitpid(k.worker, NULL, 0);
	}
	function_close(&k.function);
	if (k.file != -1)
		close(k.file);
	return rc;
}
