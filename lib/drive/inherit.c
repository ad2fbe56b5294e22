/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "drive/bus.h"
#include "drive/end.h"
#include "drive/inherit.h"

/* Of a command that is not carried out, the host hears that it may repeat it. */
static void
abort_job(struct worker *w)
{
	memset(&w->job, 0, sizeof(w->job));
	scsi_fail(&w->shared->unit, &w->job, SCSI_ABORTED);
}

/* Its command has come to us unfinished: it fails, and the host repeats it. The
 * host may be waiting for data or sending some, and an endpoint that halts ends
 * that. */
static void
fail_inherited(struct worker *w)
{
	const struct bot_command *c = &w->shared->command;

	abort_job(w);
	bot_plan(c, BOT_NONE, 0, &w->plan);
	if (c->direction == BOT_OUT && w->plan.discard > 0) {
		w->plan.discard = 0;
		function_halt_out(&w->function);
	}
	end_command(w);
}

/*
 * Has the host got the last status, and has it sent a command that nobody took? The
 * halt ends what it waits for. If it waits for that status, it hears that the
 * command has failed: bytes may be missing. If it has sent another command, it reads
 * a status that is not of that command, and resets us. If it has sent none, it finds
 * the halt with the next one, which inherit_refuse() answers.
 */
static void
doubt_status(struct worker *w)
{
	struct drive_shared *shared = w->shared;

	w->is_doubtful = true;
	w->step = STEP_STATUS;
	bot_put_status(shared->status, shared->command.tag,
	    shared->command.length, BOT_FAILED);
	function_halt_in(&w->function);
	if (aio_send(&w->aio, w->function.in, shared->status,
		sizeof(shared->status), TAG_DOUBT) == -1)
		bus_abandon(w);
	bus_await(w);
}

void
inherit_begin(struct worker *w)
{
	if (!w->shared->is_enabled)
		return;
	w->packet = function_packet(&w->function);
	switch (w->shared->phase) {
	case DRIVE_BUSY:
		fail_inherited(w);
		break;
	case DRIVE_STATUS:
		abort_job(w);
		doubt_status(w);
		break;
	case DRIVE_INVALID:
		bus_halt(w);
		break;
	default:
		doubt_status(w);
	}
}

/* The host has sent a command after a status of which we do not know whether it
 * had come: it repeats one that was not carried out. */
void
inherit_refuse(struct worker *w)
{
	w->is_doubtful = false;
	aio_cancel(&w->aio, TAG_DOUBT);
	abort_job(w);
	bot_plan(&w->shared->command, BOT_NONE, 0, &w->plan);
	end_command(w);
}
