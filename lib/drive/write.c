/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>

#include "drive/end.h"
#include "drive/tray.h"
#include "drive/write.h"

void
move_write_piece(struct worker *w, struct piece *p)
{
	p->request.op = SOURCE_WRITE;
	p->request.fua = w->job.fua;
	p->is_of_host = false;
	if (w->error == 0 && source_begin(&w->source, &p->request) == 0)
		return;
	if (w->error == 0)
		w->error = EAGAIN;
	piece_free(p);
}

void
move_receive(struct worker *w, struct piece *p)
{
	uint64_t n = least(w->plan.take - w->begun, w->transfer);

	p->request = (struct source_request){.offset = w->job.offset + w->begun,
	    .length = (uint32_t)n,
	    .bytes = p->bytes};
	if (aio_receive(&w->aio, w->function.out, p->bytes, n,
		(unsigned)(p - w->pieces.all)) == -1)
		return; /* until others have ended */
	p->is_busy = p->is_of_host = true;
	p->command = w->number;
	p->usb = 1;
	w->begun += n;
}

/* A server that can't keep a single write safe keeps all of them. */
static void
end_write(struct worker *w)
{
	if (!w->job.fua || w->source.can_fua || w->source.is_file ||
	    !w->source.can_flush) {
		end_command(w);
		return;
	}
	w->step = STEP_SOURCE;
	w->job.action = SCSI_FLUSH;
	w->done = 0;
	move_source(w);
}

void
move_write(struct worker *w)
{
	struct piece *p;
	uint64_t begun;

	while (w->error == 0 && w->begun < w->plan.take) {
		p = pieces_get(&w->pieces, 0, 0);
		begun = w->begun;
		if (p == NULL)
			break;
		move_receive(w, p);
		if (w->begun == begun)
			break;
	}
	if (w->error != 0 && w->begun == w->arrived)
		end_failed(w);
	else if (w->error == 0 && w->done == w->plan.take)
		end_write(w);
}

/* --- requests without bytes --- */

/* Begin a request of the command, without bytes; false where it must wait for a
 * piece. */
static bool
ask_source(struct worker *w, enum source_op op, uint64_t offset, uint64_t bytes)
{
	struct piece *p = pieces_get(&w->pieces, 0, 0);

	if (p == NULL)
		return false;
	p->request = (struct source_request){
	    .op = op, .offset = offset, .length = (uint32_t)bytes};
	if (source_begin(&w->source, &p->request) == -1)
		return false;
	p->is_busy = true;
	p->command = w->number;
	return true;
}

static uint32_t
count_requests(const struct worker *w)
{
	if (w->job.action == SCSI_TRIM)
		return w->source.can_trim ? w->job.range_count : 0;
	return w->source.can_flush ? 1 : 0;
}

void
move_source(struct worker *w)
{
	const struct scsi_range *range = &w->job.ranges[w->range];
	const bool trims = w->job.action == SCSI_TRIM;
	int error;

	while (w->error == 0 && w->range < count_requests(w)) {
		if (trims)
			pieces_forget(&w->pieces, range->offset, range->bytes);
		if (!ask_source(w, trims ? SOURCE_TRIM : SOURCE_FLUSH,
			trims ? range->offset : 0, trims ? range->bytes : 0))
			break;
		w->range++;
		range++;
	}
	tray_collect(w);
	if (w->done < w->range ||
	    (w->error == 0 && w->done < count_requests(w)))
		return;
	error = w->error;
	if (w->job.action == SCSI_EJECTED)
		tray_drop(w, error);
	if (error != 0)
		end_failed(w);
	else
		end_command(w);
}
