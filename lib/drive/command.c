/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The steps of a command, and what is common to them.
 */
#include <errno.h>

#include "drive/worker-state.h"

#define TRANSFER_LEAST 4096 /* bytes: a page */

/* --- what could not be done ---------------------------------------------------- */

static enum scsi_reason
reason_of(const struct worker *w)
{
	switch (w->error) {
	case ENOSPC:
		return SCSI_NO_SPACE;
	case EPERM:
	case EROFS:
		return SCSI_WRITE_PROTECTED;
	case EHOSTUNREACH:
		return SCSI_SOURCE_AWAY;
	case EILSEQ:
		return SCSI_MISCOMPARE;
	default:
		return w->step == STEP_READ || w->step == STEP_VERIFY
			   ? SCSI_READ_ERROR
			   : SCSI_WRITE_ERROR;
	}
}

/* The first error counts; nothing of the command is under way any more. */
void
move_fail(struct worker *w)
{
	uint32_t moved = w->step == STEP_READ ? (uint32_t)w->arrived : 0;

	w->job.done = w->step == STEP_READ ? w->arrived : w->done;
	scsi_fail(&w->shared->unit, &w->job, reason_of(w));
	bot_fail(&w->shared->command, moved, (uint32_t)w->begun, &w->plan);
	bus_end_command(w);
}

/* --- small data, and what nobody wants ------------------------------------------------------ */

static void
begin_small(struct worker *w, uint64_t bytes)
{
	const struct function *f = &w->function;
	int rc;

	if (w->step == STEP_ANSWER)
		rc = aio_send(&w->aio, f->in, w->job.data, bytes, TAG_DATA);
	else
		rc = aio_receive(
		    &w->aio, f->out, w->parameters, bytes, TAG_DATA);
	if (rc == -1)
		bus_abandon(w);
	else
		w->begun += bytes;
}

static void
discard_on(struct worker *w)
{
	if (w->begun > w->arrived)
		return;
	if (w->arrived == w->plan.discard) {
		w->plan.discard = 0;
		bus_end_command(w);
	} else {
		begin_small(w,
		    least(w->plan.discard - w->begun, sizeof(w->parameters)));
	}
}

static void
end_small(struct worker *w)
{
	switch (w->step) {
	case STEP_ANSWER:
		bus_end_command(w);
		break;
	case STEP_PARAMETER:
		scsi_take(&w->shared->unit, &w->job, w->parameters);
		move_begin(w);
		break;
	default:
		discard_on(w);
	}
}

/* --- steps ------------------------------------------------------------------------------------ */

static void
begin_done(struct worker *w)
{
	if (w->step != STEP_PARAMETER && w->plan.send > 0) {
		w->step = STEP_ANSWER;
		begin_small(w, w->plan.send);
	} else {
		bus_end_command(w);
	}
}

static void
begin_parameter(struct worker *w)
{
	w->step = STEP_PARAMETER;
	if (w->plan.take > sizeof(w->parameters)) {
		scsi_fail(&w->shared->unit, &w->job, SCSI_FAULT);
		bot_fail(&w->shared->command, 0, 0, &w->plan);
		bus_end_command(w);
	} else {
		begin_small(w, w->plan.take);
	}
}

void
move_begin(struct worker *w)
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
	move_on(w);
}

/* Does the command wait for a medium's source? A predecessor has left the medium, and
 * the keeper connects to its source again. */
static bool
waits_for_source(const struct worker *w)
{
	return !w->has_medium && w->shared->unit.present &&
	       (w->step == STEP_READ || w->step == STEP_WRITE ||
		   w->step == STEP_VERIFY || w->step == STEP_SOURCE);
}

void
move_medium_gone(struct worker *w)
{
	switch (w->step) {
	case STEP_READ:
	case STEP_WRITE:
	case STEP_VERIFY:
	case STEP_SOURCE:
		w->error = EIO;
		w->done = w->step == STEP_SOURCE ? w->range : w->done;
		break;
	default:
		break;
	}
}

void
move_give_up(struct worker *w)
{
	if (w->has_medium) {
		source_fail_all(&w->source, EHOSTUNREACH);
		/* It may wait for what was read ahead, whose error does not count. */
		if (w->step == STEP_READ || w->step == STEP_VERIFY)
			w->error = EHOSTUNREACH;
	} else if (waits_for_source(w)) {
		w->error = EHOSTUNREACH;
		move_fail(w);
	}
}

void
move_on(struct worker *w)
{
	w->goes_on = false;
	if (waits_for_source(w))
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
		discard_on(w);
		break;
	default: /* the bus is waited for, and nothing else */
		break;
	}
}

/* --- what has ended ----------------------------------------------------------------------------- */

/* A piece has come or gone over the bus. */
static void
end_piece(struct worker *w, struct piece *p)
{
	if (w->step == STEP_WRITE)
		move_write_piece(w, p);
	else if (w->step == STEP_VERIFY)
		w->host = p;
}

void
move_ended(struct worker *w, const struct aio_end *end)
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
		end_small(w);
	else if (comes)
		end_piece(w, p);
}

/* A request has ended that has no part in the medium's contents in memory. */
static void
collect_other(struct worker *w, struct piece *p)
{
	bool is_ours = p->command == w->number &&
		       (w->step == STEP_WRITE || w->step == STEP_SOURCE);

	if (is_ours && p->request.error != 0 && w->error == 0)
		w->error = p->request.error;
	if (is_ours)
		w->done += w->step == STEP_WRITE ? p->request.length : 1;
	piece_free(p);
}

/* The last request to a medium that leaves. */
static void
flush_last(struct worker *w)
{
	if (!w->is_flushing) {
		w->last = (struct source_request){.op = SOURCE_FLUSH};
		w->last.is_done = !w->source.can_flush;
		if (w->source.can_flush &&
		    source_begin(&w->source, &w->last) == -1)
			return; /* until others have ended */
		w->is_flushing = true;
	}
	if (w->last.is_done)
		worker_drop(w, w->last.error);
}

void
move_collect(struct worker *w)
{
	struct piece *p;

	for (p = w->pieces.all; p < w->pieces.all + PIECES; p++) {
		if (!p->is_busy || p->usb > 0 || !p->request.is_done)
			continue;
		p->is_busy = false;
		if (p->request.op != SOURCE_READ)
			collect_other(w, p);
		else if (!p->is_read ||
			 (p->request.error != 0 && p->command != w->number))
			piece_free(p);
	}
	if (w->is_ejected)
		flush_last(w);
}

void
move_eject(struct worker *w)
{
	w->is_ejected = true;
	move_collect(w);
}
