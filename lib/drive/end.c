/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>

#include "drive/bus.h"
#include "drive/end.h"

/* Sense keys (SPC-4) of what hosts try on each drive. */
#define NOT_READY	0x02
#define ILLEGAL_REQUEST 0x05
#define UNIT_ATTENTION	0x06

/* --- the status ------------------------------------------------------------ */

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
end_with(struct worker *w, const void *bytes, size_t len, unsigned tag)
{
	const struct iovec parts[2] = {{(void *)(uintptr_t)bytes, len},
	    {w->shared->status, BOT_STATUS_SIZE}};

	if (aio_send_parts(&w->aio, w->function.in, parts, tag) == -1)
		return -1;
	put_status(w);
	bus_await(w);
	return 0;
}

/* --- the end of the data --------------------------------------------------- */

void
end_discard(struct worker *w)
{
	if (w->begun > w->arrived)
		return;
	if (w->arrived == w->plan.discard) {
		w->plan.discard = 0;
		end_command(w);
	} else {
		bus_begin_small(w,
		    least(w->plan.discard - w->begun, sizeof(w->parameters)));
	}
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
end_command(struct worker *w)
{
	if (w->plan.discard > 0) {
		w->step = STEP_DISCARD;
		w->begun = w->arrived = 0;
		end_discard(w);
		return;
	}
	if (w->job.status != SCSI_GOOD && w->plan.status == BOT_PASSED)
		w->plan.status = BOT_FAILED;
	if (end_data(w) == -1)
		bus_abandon(w);
	else
		send_status(w);
}

/* --- what could not be done ------------------------------------------------ */

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
end_failed(struct worker *w)
{
	uint32_t moved = w->step == STEP_READ ? (uint32_t)w->arrived : 0;

	w->job.done = w->step == STEP_READ ? w->arrived : w->done;
	scsi_fail(&w->shared->unit, &w->job, reason_of(w));
	bot_fail(&w->shared->command, moved, (uint32_t)w->begun, &w->plan);
	end_command(w);
}
