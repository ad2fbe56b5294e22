/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "drive/keeper.h"
#include "drive/keeper-medium.h"
#include "drive/keeper-worker.h"
#include "unix/privileges.h"

/* --- requests ---------------------------------------------------------------- */

static void
refuse(
    struct drive_client *client, int status, enum cause cause, const char *text)
{
	struct failure why;

	fail_because(&why, cause, status, "%s", text);
	drive_control_reply(client, &why);
}

static void
insert(struct keeper *k, struct drive_client *client, const char *line)
{
	struct drive_medium wish;

	if (drive_medium_parse(line, &wish) == -1) {
		refuse(client, EX_USAGE, CAUSE_USUAL, "invalid request");
	} else if (has_medium(k)) {
		refuse(client, EX_TEMPFAIL, CAUSE_USUAL,
		    "the drive has another medium: eject it first");
	} else if (medium_insert(k, &wish) == -1) {
		drive_control_reply(client, k->why);
	} else {
		client->wait = WAIT_INSERTED;
	}
}

static void
eject(struct keeper *k, struct drive_client *client, const char *how)
{
	struct kept_medium *m = &k->medium;

	if (!has_medium(k) && m->is_unsaved) {
		m->is_unsaved = false;
		refuse(client, EX_IOERR, CAUSE_USUAL,
		    "the source could not keep all that the host wrote");
	} else if (!has_medium(k)) {
		drive_control_reply(client, NULL);
	} else if (*how == '\0' && m->is_in && m->end == 0 &&
		   scsi_is_locked(&k->shared->unit)) {
		refuse(client, EX_TEMPFAIL, CAUSE_LOCKED,
		    "the host has locked the drive");
	} else {
		client->wait = WAIT_EJECTED;
		medium_eject(k, strcmp(how, " discard") == 0);
	}
}

static void
retype(struct keeper *k, struct drive_client *client)
{
	if (has_medium(k)) {
		refuse(client, EX_TEMPFAIL, CAUSE_USUAL,
		    "the drive has a medium: eject it first");
	} else if (k->setup->describe(&k->drive, k->why) == -1) {
		drive_control_reply(client, k->why);
	} else if (worker_renew(k) == -1) {
		k->is_broken = true;
		drive_control_reply(client, k->why);
	} else {
		client->wait = WAIT_RETYPED;
	}
}

/* The client waits until we are gone. */
static void
leave(struct keeper *k, struct drive_client *client, enum keeper_end end)
{
	client->wait = WAIT_END;
	k->is_leaving = true;
	k->end = end;
	medium_eject(k, false);
}

static void
asked(void *arg, struct drive_client *client, const char *request)
{
	struct keeper *k = arg;

	if (strncmp(request, "insert ", 7) == 0)
		insert(k, client, request + 7);
	else if (strncmp(request, "eject", 5) == 0)
		eject(k, client, request + 5);
	else if (strcmp(request, "retype") == 0)
		retype(k, client);
	else if (strcmp(request, "leave") == 0)
		leave(k, client, KEEPER_GIVE_BACK);
	else if (strcmp(request, "remove") == 0)
		leave(k, client, KEEPER_REMOVED);
	else
		refuse(client, EX_USAGE, CAUSE_USUAL, "invalid request");
}

/* --- the worker's news ---------------------------------------------------------- */

/* The host may have had a medium that the keeper before us was about to eject. */
static void
go_on_after_keeper(struct keeper *k)
{
	if (!has_medium(k) && k->shared->unit.present) {
		worker_order(k, DRIVE_GIVE_UP, -1);
		worker_order(k, DRIVE_DISCARD, -1);
	}
	if (has_medium(k) && k->setup->only_medium)
		k->setup->on_inserted();
}

static int
worker_is_ready(struct keeper *k)
{
	k->is_ready = true;
	medium_want(k);
	drive_control_reply_all(&k->control, WAIT_RETYPED, NULL);
	if (k->is_shown)
		return 0;
	k->is_shown = true;
	if (k->setup->show(k->why) == -1)
		return -1;
	if (k->setup->store->is_kept)
		go_on_after_keeper(k);
	return 0;
}

static int
hear_worker(struct keeper *k)
{
	bool was_in = k->medium.is_in;
	char news;
	ssize_t n = recv(k->link, &news, 1, MSG_DONTWAIT);

	if (n == 0)
		worker_kill(k);
	if (n != 1)
		return 0;
	switch (news) {
	case DRIVE_READY:
		return worker_is_ready(k);
	case DRIVE_INSERTED:
		medium_inserted(k);
		if (!was_in && k->setup->only_medium)
			k->setup->on_inserted();
		return 0;
	case DRIVE_LOST:
		medium_want(k);
		return 0;
	case DRIVE_UNSAVED:
		k->medium.is_unsaved = true;
		return 0;
	case DRIVE_EJECTED:
		medium_gone(k, NULL);
		return 0;
	default:
		medium_unfit(k);
		return 0;
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
		   ? worker_replace(k, status)
		   : 0;
}

/* --- the loop --------------------------------------------------------------------- */

static bool
is_over(const struct keeper *k)
{
	return !has_medium(k) && (k->is_leaving || k->setup->only_medium);
}

static int
loop(struct keeper *k)
{
	enum {
		STOP,
		CHILDREN,
		WORKER,
		HANDSHAKE,
		CONTROL,
		COUNT = CONTROL + DRIVE_POLLS
	};
	struct pollfd p[COUNT] = {
	    {k->setup->stop, POLLIN, 0}, {k->children, POLLIN, 0}};

	while (!is_over(k)) {
		p[WORKER] = (struct pollfd){k->link, POLLIN, 0};
		p[HANDSHAKE] = (struct pollfd){
		    dial_descriptor(&k->medium.dial), POLLIN, 0};
		drive_control_poll(&k->control, p + CONTROL);
		if (poll(p, COUNT, medium_wait_ms(k)) == -1 && errno != EINTR)
			return fail_errno(k->why, EX_OSERR, "unable to wait");
		if (p[STOP].revents != 0) {
			p[STOP].fd = -1;
			k->is_leaving = true;
			medium_eject(k, false);
		}
		if (p[WORKER].revents & POLLIN && hear_worker(k) == -1)
			return -1;
		if (p[CHILDREN].revents != 0 && hear_children(k) == -1)
			return -1;
		drive_control_move(&k->control, asked, k);
		if (k->is_broken)
			return -1;
		medium_go_on(k);
	}
	/* What nobody has been told of is told by our end. */
	return k->medium.is_failed &&
		       (k->setup->only_medium || k->medium.is_unsaved)
		   ? -1
		   : (int)k->end;
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

/* A file, for others to read. */
static int
open_counters(struct keeper *k)
{
	char path[PATH_MAX];
	int empty = k->setup->store->is_kept ? 0 : O_TRUNC;
	int fd = open(drive_path(k->setup->slot, "counters", path),
	    O_RDWR | O_CREAT | empty | O_CLOEXEC, 0644);

	/* A write to memory that a full file system can't give would be deadly. */
	if (fd == -1 ||
	    (errno = posix_fallocate(fd, 0, sizeof(*k->counters))) != 0)
		return fail_errno(
		    k->why, EX_CANTCREAT, "unable to make %s", path);
	k->counters = mmap(NULL, sizeof(*k->counters), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	close(fd);
	return k->counters != MAP_FAILED
		   ? 0
		   : fail_errno(k->why, EX_OSERR, "unable to get memory");
}

static int
find_first_medium(struct keeper *k)
{
	const struct drive_medium *first = k->setup->first;

	if (first == NULL ||
	    (k->setup->store->is_kept ? medium_resume(k, first)
				      : medium_insert(k, first)) == 0)
		return 0;
	if (k->setup->only_medium)
		return -1;
	k->setup->say(k->why->text);
	return 0;
}

static int
open_function(struct keeper *k)
{
	struct drive_store *store = k->setup->store;
	char path[PATH_MAX];

	if (store->is_kept) {
		k->function = store->function;
		k->setup->say("going on after a vm-drive that was killed");
	} else if (function_open(&k->function,
		       drive_path(k->setup->slot, "usb", path)) == -1) {
		return fail_errno(k->why, EX_UNAVAILABLE,
		    "unable to use the USB function at %s", path);
	}
	store_put(store, &k->function);
	return 0;
}

static int
prepare(struct keeper *k)
{
	k->shared = k->setup->store->shared;
	k->image = k->setup->store->image;
	if (k->setup->describe(&k->drive, k->why) == -1 ||
	    open_counters(k) == -1 || find_first_medium(k) == -1)
		return -1;
	k->children = catch_children();
	return open_function(k) == -1 ? -1 : worker_start(k);
}

int
keeper_run(const struct keeper_setup *setup, struct failure *why)
{
	struct keeper k = {.setup = setup,
	    .why = why,
	    .link = -1,
	    .medium = {.file = -1, .lost = -1, .dial = {.candidate = -1}},
	    .function = {-1, -1, -1}};
	char path[PATH_MAX];
	int rc = -1;

	fill_standard_streams();
	drive_path(setup->slot, "control", path);
	if (drive_control_open(&k.control, path) == -1)
		return fail_errno(
		    why, EX_CANTCREAT, "unable to listen at %s", path);
	if (prepare(&k) == 0) {
		rc = loop(&k);
		worker_end(&k);
	}
	function_close(&k.function);
	store_drop();
	unlink(path);
	/* Nobody else may wait for us: a vm-gadget keeps the gadgets locked, and the
	 * slot can't be given back. */
	drive_control_end(&k.control);
	return rc;
}
