/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "drive/worker-state.h"
#include "drive/worker.h"
#include "unix/fd-passing.h"
#include "unix/privileges.h"
#include "unix/sandbox.h"

/* --- the keeper ---------------------------------------------------------- */

static void
tell(struct worker *w, enum drive_news news)
{
	char byte = (char)news;

	/* A keeper that does not hear this has died, and we end soon. */
	if (send(w->keeper, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		return;
}

void
worker_drop(struct worker *w, int error)
{
	struct piece *p;

	if (!w->has_medium)
		return;
	if (error != 0)
		tell(w, DRIVE_UNSAVED);
	source_fail_all(&w->source, EIO);
	for (p = w->pieces.all; p < w->pieces.all + PIECES; p++) {
		/* Nor does the next medium have its bytes. */
		p->is_read = false;
		if (p->usb == 0)
			piece_free(p);
	}
	w->has_medium = w->is_ejected = w->is_flushing = false;
	move_medium_gone(w);
	tell(w, DRIVE_EJECTED);
}

static void
insert(struct worker *w, const struct drive_message *m, int fd)
{
	struct scsi_medium medium = {.bytes = m->size,
	    .block_size = m->block_size,
	    .writable = m->is_writable};

	source_start(&w->source, fd, m->is_file, m->nbd_flags);
	medium.trim = w->source.can_trim && m->is_writable;
	if (m->order == DRIVE_INSERT &&
	    scsi_insert(&w->shared->unit, &medium) == -1) {
		source_stop(&w->source);
		tell(w, DRIVE_UNFIT);
		return;
	}
	w->has_medium = true;
	w->last_end = 0;
	w->ahead = 0;
	/* A predecessor has ejected it, and did not come to say so. */
	if (!w->shared->unit.present)
		move_eject(w);
	else if (m->order == DRIVE_INSERT)
		tell(w, DRIVE_INSERTED);
}

/* A command may wait for the source that the keeper connects to. */
static void
take_out(struct worker *w)
{
	if (w->shared->unit.present)
		scsi_eject(&w->shared->unit);
	if (!w->has_medium)
		move_medium_gone(w);
}

static void
hear(struct worker *w, const struct drive_message *m, int fd)
{
	switch (m->order) {
	case DRIVE_INSERT:
		if (!w->has_medium)
			insert(w, m, fd);
		break;
	case DRIVE_CONTINUE:
		if (w->has_medium)
			source_continue(&w->source, fd);
		else
			insert(w, m, fd);
		break;
	case DRIVE_GIVE_UP:
		move_give_up(w);
		break;
	case DRIVE_EJECT:
		take_out(w);
		if (w->source.fd == -1)
			worker_drop(w, EIO);
		else
			move_eject(w);
		break;
	case DRIVE_DISCARD:
		take_out(w);
		if (w->has_medium)
			worker_drop(w, EIO);
		else
			tell(w, DRIVE_EJECTED);
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
end_status(struct worker *w, const struct aio_end *end)
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
end_last(struct worker *w, struct aio_end *end)
{
	end->tag -= TAG_LAST;
	move_ended(w, end);
	end_status(w, end);
}

static void
take_command(struct worker *w, const struct aio_end *end)
{
	w->is_awaited = false;
	/* The host is gone, until the function is enabled again. */
	if (end->result == -EAGAIN || end->result == -ESHUTDOWN)
		w->shared->is_enabled = 0;
	if (end->result >= 0)
		bus_take(w, (size_t)end->result);
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
			end_status(w, &end);
			break;
		case TAG_END:
			break;
		default:
			if (end.tag >= TAG_LAST)
				end_last(w, &end);
			else
				move_ended(w, &end);
		}
	}
}

/* --- the loop -------------------------------------------------------------------- */

static void
move_source_and_host(struct worker *w, int (*move)(struct source *))
{
	if (move(&w->source) == -1)
		tell(w, DRIVE_LOST);
	move_collect(w);
	move_on(w);
}

/* What the first turn has begun need not wait for the next turn. */
static void
serve_source(struct worker *w, bool is_readable)
{
	if (!w->has_medium) {
		move_on(w); /* a command whose medium is gone fails */
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
give_up_rights(void)
{
	if (become_user(NULL) == -1)
		return -1;
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
	    give_up_rights() == -1)
		exit(EX_OSERR);
	tell(&w, DRIVE_READY);
	bus_inherit(&w);
	loop(&w);
}
