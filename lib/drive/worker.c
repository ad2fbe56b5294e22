/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/epoll.h>
#include <sys/prctl.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "drive/aio-guard.h"
#include "drive/bus.h"
#include "drive/command.h"
#include "drive/inherit.h"
#include "drive/tray.h"
#include "drive/worker.h"
#include "unix/fd-passing.h"
#include "unix/privileges.h"
#include "unix/sandbox.h"

/* Bytes of a transfer: f_fs.c copies them to memory without holes, of which a machine
 * may have little. */
#define TRANSFER_MOST (64u << 10)

/* --- the keeper ---------------------------------------------------------- */

static void
hear(struct worker *w, const struct drive_message *m, int fd)
{
	switch (m->order) {
	case DRIVE_INSERT:
		if (!w->has_medium)
			tray_insert(w, m, fd);
		break;
	case DRIVE_CONTINUE:
		if (w->has_medium)
			source_continue(&w->source, fd);
		else
			tray_insert(w, m, fd);
		break;
	case DRIVE_GIVE_UP:
		tray_give_up(w);
		break;
	case DRIVE_EJECT:
		tray_take_out(w);
		if (w->source.fd == -1)
			tray_drop(w, EIO);
		else
			tray_eject(w);
		break;
	case DRIVE_DISCARD:
		tray_take_out(w);
		if (w->has_medium)
			tray_drop(w, EIO);
		else
			tray_tell(w, DRIVE_EJECTED);
		break;
	default:
		break;
	}
}

/* Returns false when the keeper has ended. */
static bool
hear_keeper(struct worker *w)
{
	struct drive_message m;
	int fd = -1;
	ssize_t n = pass_receive(w->keeper, &m, sizeof(m), &fd, 1);

	if (n == sizeof(m))
		hear(w, &m, fd);
	return n != 0 && (n != -1 || errno == EAGAIN || errno == EINTR);
}

/* --- what has ended on the bus ----------------------------------------------- */

static void
status_ended(struct worker *w, const struct aio_end *end)
{
	if (w->step != STEP_STATUS)
		return;
	if (end->result < 0) {
		/* One that was in doubt was cancelled by us. */
		if (end->tag == TAG_STATUS)
			bus_abandon(w);
		return;
	}
	w->step = STEP_IDLE;
	w->is_doubtful = false;
	w->shared->phase = DRIVE_IDLE;
	bus_await(w);
}

/* The bytes of a piece, and the status behind them. */
static void
last_ended(struct worker *w, struct aio_end *end)
{
	end->tag -= TAG_LAST;
	command_ended(w, end);
	status_ended(w, end);
}

static void
take_command(struct worker *w, const struct aio_end *end)
{
	w->is_awaited = false;
	/* The host is gone, until the function is enabled again. */
	if (end->result == -EAGAIN || end->result == -ESHUTDOWN)
		w->shared->is_enabled = 0;
	if (end->result >= 0)
		command_take(w, (size_t)end->result);
}

static void
hear_bus(struct worker *w)
{
	struct aio_end end;

	while (aio_next(&w->aio, &end)) {
		switch (end.tag) {
		case TAG_COMMAND:
			take_command(w, &end);
			break;
		case TAG_DOUBT:
		case TAG_STATUS:
			status_ended(w, &end);
			break;
		case TAG_END:
			break;
		default:
			if (end.tag >= TAG_LAST)
				last_ended(w, &end);
			else
				command_ended(w, &end);
		}
	}
}

/* --- the loop -------------------------------------------------------------------- */

static void
move_source_and_host(struct worker *w, int (*move)(struct source *))
{
	if (move(&w->source) == -1)
		tray_tell(w, DRIVE_LOST);
	tray_collect(w);
	command_go_on(w);
}

/* What the first turn has begun need not wait for the next turn. */
static void
serve_source(struct worker *w, bool is_readable)
{
	if (!w->has_medium) {
		command_go_on(w); /* a command whose medium is gone fails */
		return;
	}
	move_source_and_host(w, is_readable ? source_move : source_send);
	if (w->has_medium && source_events(&w->source) & EPOLLOUT)
		move_source_and_host(w, source_send);
}

/* Returns what there is, of enum wait_who. */
static int
wait_for_more(struct worker *w)
{
	const struct source *s = &w->source;
	const uint32_t events = w->has_medium ? source_events(s) : 0;
	int who = wait_source(&w->wait, events == 0 ? -1 : s->fd, events);

	if (who == 0)
		who = wait_any(&w->wait, w->goes_on || aio_has_ends(&w->aio));
	if (who == -1)
		exit(EX_OSERR);
	return who;
}

static void __attribute__((noreturn)) loop(struct worker *w)
{
	int who;

	for (;;) {
		aio_begin(&w->aio);
		who = wait_for_more(w);
		if (who & WAIT_CONTROL)
			bus_hear(w);
		hear_bus(w);
		aio_begin(&w->aio);
		if (who & WAIT_KEEPER && !hear_keeper(w))
			exit(0);
		serve_source(w, who & WAIT_SOURCE);
	}
}

static int
give_up_rights(const struct worker *w)
{
	if (become_user(NULL) == -1)
		return -1;
	/* Without it, the worker is as good, until it is killed. */
	aio_guard(&w->aio, w->keeper);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* It may wait in the kernel for a block device, and not hear the keeper end. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return sandbox_enter_device(FUNCTIONFS_ENDPOINT_DESC) == 0 ||
		       sandbox_is_missing(errno)
		   ? 0
		   : -1;
}

void
worker_run(const struct worker_setup *setup)
{
	static struct worker w;

	w.function = setup->function;
	w.shared = setup->shared;
	w.counters = setup->counters;
	w.keeper = setup->keeper;
	w.may_halt = setup->may_halt;
	w.source.fd = -1;
	w.transfer = TRANSFER_MOST;
	signal(SIGPIPE, SIG_IGN);
	if (pieces_make(&w.pieces) == -1 || aio_open(&w.aio) == -1 ||
	    wait_open(&w.wait, w.aio.event, setup->function.control,
		setup->keeper) == -1 ||
	    give_up_rights(&w) == -1)
		exit(EX_OSERR);
	tray_tell(&w, DRIVE_READY);
	inherit_begin(&w);
	loop(&w);
}
