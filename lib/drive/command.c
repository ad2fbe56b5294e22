/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>

#include "drive/bus.h"
#include "drive/command.h"
#include "drive/end.h"
#include "drive/inherit.h"
#include "drive/read.h"
#include "drive/tray.h"
#include "drive/write.h"

#define TRANSFER_LEAST 4096 /* bytes: a page */

/* --- the steps ------------------------------------------------------------- */

void
command_go_on(struct worker *w)
{
	w->goes_on = false;
	if (tray_awaits_source(w))
		return;
	switch (w->step) {
	case STEP_READ:
		move_read(w);
		break;
	case STEP_WRITE:
		move_write(w);
		break;
	case STEP_VERIFY:
		move_verify(w);
		break;
	case STEP_SOURCE:
		move_source(w);
		break;
	case STEP_DISCARD:
		end_discard(w);
		break;
	default: /* the bus is waited for, and nothing else */
		break;
	}
}

static void
begin_done(struct worker *w)
{
	if (w->step != STEP_PARAMETER && w->plan.send > 0) {
		w->step = STEP_ANSWER;
		bus_begin_small(w, w->plan.send);
	} else {
		end_command(w);
	}
}

static void
begin_parameter(struct worker *w)
{
	w->step = STEP_PARAMETER;
	if (w->plan.take > sizeof(w->parameters)) {
		scsi_fail(&w->shared->unit, &w->job, SCSI_FAULT);
		bot_fail(&w->shared->command, 0, 0, &w->plan);
		end_command(w);
	} else {
		bus_begin_small(w, w->plan.take);
	}
}

static void
begin_step(struct worker *w)
{
	switch (w->job.action) {
	case SCSI_READ:
		w->counters->reads++;
		w->counters->position = w->job.offset;
		w->step = STEP_READ;
		move_guess(w);
		break;
	case SCSI_WRITE:
		w->counters->writes++;
		w->counters->position = w->job.offset;
		w->step = STEP_WRITE;
		pieces_forget(&w->pieces, w->job.offset, w->job.bytes);
		break;
	case SCSI_VERIFY:
		w->step = STEP_VERIFY;
		break;
	case SCSI_TAKE:
		begin_parameter(w);
		return;
	case SCSI_FLUSH:
	case SCSI_TRIM:
	case SCSI_EJECTED:
		w->step = STEP_SOURCE;
		break;
	default:
		begin_done(w);
		return;
	}
	command_go_on(w);
}

/* --- the next command ------------------------------------------------------ */

static enum bot_direction
direction_of(const struct scsi_job *job)
{
	if (job->direction == SCSI_TO_HOST)
		return BOT_IN;
	return job->direction == SCSI_FROM_HOST ? BOT_OUT : BOT_NONE;
}

/* snprintf(3) took a twentieth of the time of a small read. */
static void
note_name(struct drive_counters *counters, const char *name)
{
	if (memccpy(counters->last, name, 0, sizeof(counters->last)) == NULL)
		counters->last[sizeof(counters->last) - 1] = 0;
}

static void
begin_command(struct worker *w)
{
	const struct bot_command *c = &w->shared->command;

	if (++w->number == 0)
		w->number = 1;
	w->begun = w->arrived = w->done = 0;
	w->range = 0;
	w->error = 0;
	scsi_command(&w->shared->unit, c->lun, c->cdb, c->cdb_length, &w->job);
	note_name(w->counters, scsi_name(&w->shared->unit, c->cdb[0]));
	bot_plan(c, direction_of(&w->job),
	    (uint32_t)least(w->job.length, UINT32_MAX), &w->plan);
	if (w->plan.is_refused)
		end_command(w);
	else
		begin_step(w);
}

void
command_take(struct worker *w, size_t size)
{
	struct drive_shared *shared = w->shared;

	if (!bot_take_command(&shared->command, w->next, size, 0)) {
		bus_halt(w);
		return;
	}
	shared->phase = DRIVE_BUSY;
	shared->commands++;
	if (w->is_doubtful)
		inherit_refuse(w);
	else
		begin_command(w);
}

/* --- what has ended on the bus --------------------------------------------- */

static void
small_ended(struct worker *w)
{
	switch (w->step) {
	case STEP_ANSWER:
		end_command(w);
		break;
	case STEP_PARAMETER:
		scsi_take(&w->shared->unit, &w->job, w->parameters);
		begin_step(w);
		break;
	default:
		end_discard(w);
	}
}

/* A piece has come or gone over the bus. */
static void
piece_ended(struct worker *w, struct piece *p)
{
	if (w->step == STEP_WRITE)
		move_write_piece(w, p);
	else if (w->step == STEP_VERIFY)
		w->host = p;
}

void
command_ended(struct worker *w, const struct aio_end *end)
{
	struct piece *p = end->tag < PIECES ? &w->pieces.all[end->tag] : NULL;
	bool comes = w->shared->command.direction == BOT_OUT;
	uint64_t wanted = w->begun - w->arrived;

	if (p != NULL) {
		p->usb--;
		if (comes)
			wanted = p->request.length;
	}
	/* A host that sends less than it has announced is out of step. */
	if (end->result >= 0 && comes && (uint64_t)end->result != wanted) {
		bus_halt(w);
		return;
	}
	if (end->result < 0) {
		/* The host repeats it after half a minute; and it fits then. */
		if (end->result == -ENOMEM && w->transfer > TRANSFER_LEAST)
			w->transfer /= 2;
		bus_abandon(w);
		return;
	}
	w->arrived += (uint64_t)end->result;
	if (w->step == STEP_STATUS)
		return;
	if (p == NULL)
		small_ended(w);
	else if (comes)
		piece_ended(w, p);
}
