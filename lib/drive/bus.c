/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The bulk-only transport of the worker: commands, statuses, resets.
 */
#include <string.h>
#include <unistd.h>

#include "drive/worker-state.h"

/* Sense keys (SPC-4) of what hosts try on each drive. */
#define NOT_READY	0x02
#define ILLEGAL_REQUEST 0x05
#define UNIT_ATTENTION	0x06

/* --- the next command ------------------------------------------------------ */

void
bus_await(struct worker *w)
{
	if (w->is_awaited || !w->shared->is_enabled)
		return;
	/* One packet: a whole one that is no wrapper must end the transfer, too. */
	if (aio_receive(
		&w->aio, w->function.out, w->next, w->packet, TAG_COMMAND) == 0)
		w->is_awaited = true;
}

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
		bus_end_command(w);
	else
		move_begin(w);
}

/* Of a command that is not carried out, the host hears that it may repeat it. */
static void
abort_job(struct worker *w)
{
	memset(&w->job, 0, sizeof(w->job));
	scsi_fail(&w->shared->unit, &w->job, SCSI_ABORTED);
}

/* The host has sent a command after a status of which we do not know whether it
 * had come: it repeats one that was not carried out. */
static void
refuse_command(struct worker *w)
{
	w->is_doubtful = false;
	aio_cancel(&w->aio, TAG_DOUBT);
	abort_job(w);
	bot_plan(&w->shared->command, BOT_NONE, 0, &w->plan);
	bus_end_command(w);
}

void
bus_take(struct worker *w, size_t size)
{
	struct drive_shared *shared = w->shared;

	if (!bot_take_command(&shared->command, w->next, size, 0)) {
		bus_halt(w);
		return;
	}
	shared->phase = DRIVE_BUSY;
	shared->commands++;
	if (w->is_doubtful)
		refuse_command(w);
	else
		begin_command(w);
}

/* --- the end of a command --------------------------------------------------- */

static bool
is_trouble(const struct scsi_unit *unit)
{
	const uint32_t key = unit->sense >> 16;

	return key != NOT_READY && key != ILLEGAL_REQUEST &&
	       key != UNIT_ATTENTION;
}

static void
put_status(struct worker *w)
{
	struct drive_shared *shared = w->shared;

	bot_put_status(shared->status, shared->command.tag, w->plan.residue,
	    w->plan.status);
	if (w->plan.status != BOT_PASSED && is_trouble(&shared->unit))
		w->counters->errors++;
	shared->phase = DRIVE_STATUS;
	w->step = STEP_STATUS;
}

static void
send_status(struct worker *w)
{
	int rc;

	put_status(w);
	/* The next command tells that it has come. */
	rc = aio_send_quietly(&w->aio, w->function.in, w->shared->status,
	    BOT_STATUS_SIZE, TAG_STATUS);
	if (rc == -1)
		bus_abandon(w);
	else
		bus_await(w);
}

/* The bus carries packets: where the bytes fill theirs, the status is the next one,
 * in the same transfer as well as in its own, which would cost the kernel as much as
 * the bytes. */
int
bus_end_with(struct worker *w, const void *bytes, size_t len, unsigned tag)
{
	const struct iovec parts[2] = {{(void *)(uintptr_t)bytes, len},
	    {w->shared->status, BOT_STATUS_SIZE}};

	if (aio_send_parts(&w->aio, w->function.in, parts, tag) == -1)
		return -1;
	put_status(w);
	bus_await(w);
	return 0;
}

/* The host waits for more bytes than come (BOT 6.7.2). A controller that must not
 * stall tells that by a short packet, which an empty one is, too. */
static int
end_data(struct worker *w)
{
	if (!w->plan.is_short)
		return 0;
	if (w->may_halt)
		return function_halt_in(&w->function);
	if (w->plan.send % w->packet != 0)
		return 0;
	return aio_send(&w->aio, w->function.in, w->next, 0, TAG_END);
}

void
bus_end_command(struct worker *w)
{
	if (w->plan.discard > 0) {
		w->step = STEP_DISCARD;
		w->begun = w->arrived = 0;
		move_on(w);
		return;
	}
	if (w->job.status != SCSI_GOOD && w->plan.status == BOT_PASSED)
		w->plan.status = BOT_FAILED;
	if (end_data(w) == -1)
		bus_abandon(w);
	else
		send_status(w);
}

void
bus_abandon(struct worker *w)
{
	struct piece *p;

	/* The host need not hear it, but its medium leaves all the same. */
	if (w->step == STEP_SOURCE && w->job.action == SCSI_EJECTED)
		w->is_ejected = w->has_medium;
	aio_cancel_all(&w->aio);
	for (p = w->pieces.all; p < w->pieces.all + PIECES; p++) {
		p->usb = 0;
		if (p->is_of_host)
			piece_free(p);
	}
	w->is_awaited = w->is_doubtful = false;
	w->host = NULL;
	w->step = STEP_IDLE;
	w->shared->phase = DRIVE_IDLE;
}

/* BOT 6.6.1. */
void
bus_halt(struct worker *w)
{
	bus_abandon(w);
	w->shared->phase = DRIVE_INVALID;
	function_halt_in(&w->function);
	function_halt_out(&w->function);
}

/* --- requests and events of ep0 --------------------------------------------- */

static void
answer(struct worker *w, const struct usb_ctrlrequest *r)
{
	static const uint8_t max_lun;
	const uint8_t class_in =
			  USB_DIR_IN | USB_TYPE_CLASS | USB_RECIP_INTERFACE,
		      class_out =
			  USB_DIR_OUT | USB_TYPE_CLASS | USB_RECIP_INTERFACE;

	if (r->bRequestType == class_in && r->bRequest == BOT_GET_MAX_LUN &&
	    r->wValue == 0) {
		function_answer(&w->function, &max_lun,
		    r->wLength == 0 ? 0 : sizeof(max_lun));
	} else if (r->bRequestType == class_out && r->bRequest == BOT_RESET &&
		   r->wValue == 0 && r->wLength == 0) {
		bus_abandon(w);
		function_acknowledge(&w->function);
		bus_await(w);
	} else {
		function_refuse(&w->function, r);
	}
}

static void
hear(struct worker *w, const struct usb_functionfs_event *event)
{
	switch (event->type) {
	case FUNCTIONFS_SETUP:
		answer(w, &event->u.setup);
		break;
	case FUNCTIONFS_ENABLE:
		bus_abandon(w);
		scsi_reset(&w->shared->unit);
		w->shared->is_enabled = 1;
		w->packet = function_packet(&w->function);
		bus_await(w);
		break;
	case FUNCTIONFS_DISABLE:
	case FUNCTIONFS_UNBIND:
		w->shared->is_enabled = 0;
		bus_abandon(w);
		break;
	default: /* bound, suspended, resumed: nothing changes for us */
		break;
	}
}

void
bus_hear(struct worker *w)
{
	struct usb_functionfs_event event;

	while (
	    read(w->function.control, &event, sizeof(event)) == sizeof(event))
		hear(w, &event);
}

/* --- after a predecessor ------------------------------------------------------- */

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
	bus_end_command(w);
}

/*
 * Has the host got the last status, and has it sent a command that nobody took? The
 * halt ends what it waits for. If it waits for that status, it hears that the
 * command has failed: bytes may be missing. If it has sent another command, it reads
 * a status that is not of that command, and resets us. If it has sent none, it finds
 * the halt with the next one, which refuse_command() answers.
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
bus_inherit(struct worker *w)
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
