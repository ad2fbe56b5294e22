/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>

#include "drive/end.h"
#include "drive/tray.h"

void
tray_tell(struct worker *w, enum drive_news news)
{
	char byte = (char)news;

	/* A keeper that does not hear this has died, and we end soon. */
	if (send(w->keeper, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		return;
}

/* --- out ------------------------------------------------------------------- */

/* The medium has gone: what moves its bytes fails as soon as the bus allows it. */
static void
fail_step(struct worker *w)
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
tray_drop(struct worker *w, int error)
{
	struct piece *p;

	if (!w->has_medium)
		return;
	if (error != 0)
		tray_tell(w, DRIVE_UNSAVED);
	source_fail_all(&w->source, EIO);
	for (p = w->pieces.all; p < w->pieces.all + PIECES; p++) {
		/* Nor does the next medium have its bytes. */
		p->is_read = false;
		if (p->usb == 0)
			piece_free(p);
	}
	w->has_medium = w->is_ejected = w->is_flushing = false;
	fail_step(w);
	tray_tell(w, DRIVE_EJECTED);
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
		tray_drop(w, w->last.error);
}

void
tray_collect(struct worker *w)
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
tray_eject(struct worker *w)
{
	w->is_ejected = true;
	tray_collect(w);
}

/* A command may wait for the source that the keeper connects to. */
void
tray_take_out(struct worker *w)
{
	if (w->shared->unit.present)
		scsi_eject(&w->shared->unit);
	if (!w->has_medium)
		fail_step(w);
}

/* --- in -------------------------------------------------------------------- */

void
tray_insert(struct worker *w, const struct drive_message *m, int fd)
{
	struct scsi_medium medium = {.bytes = m->size,
	    .block_size = m->block_size,
	    .writable = m->is_writable};

	source_start(&w->source, fd, m->is_file, m->nbd_flags);
	medium.trim = w->source.can_trim && m->is_writable;
	if (m->order == DRIVE_INSERT &&
	    scsi_insert(&w->shared->unit, &medium) == -1) {
		source_stop(&w->source);
		tray_tell(w, DRIVE_UNFIT);
		return;
	}
	w->has_medium = true;
	w->last_end = 0;
	w->ahead = 0;
	/* A predecessor has ejected it, and did not come to say so. */
	if (!w->shared->unit.present)
		tray_eject(w);
	else if (m->order == DRIVE_INSERT)
		tray_tell(w, DRIVE_INSERTED);
}

/* --- while its source is away ---------------------------------------------- */

/* Does the command wait for a medium's source? A predecessor has left the medium, and
 * the keeper connects to its source again. */
bool
tray_awaits_source(const struct worker *w)
{
	return !w->has_medium && w->shared->unit.present &&
	       (w->step == STEP_READ || w->step == STEP_WRITE ||
		   w->step == STEP_VERIFY || w->step == STEP_SOURCE);
}

void
tray_give_up(struct worker *w)
{
	if (w->has_medium) {
		source_fail_all(&w->source, EHOSTUNREACH);
		/* It may wait for what was read ahead, whose error does not count. */
		if (w->step == STEP_READ || w->step == STEP_VERIFY)
			w->error = EHOSTUNREACH;
	} else if (tray_awaits_source(w)) {
		w->error = EHOSTUNREACH;
		end_failed(w);
	}
}
