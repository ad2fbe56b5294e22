/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <unistd.h>

#include "drive/bus.h"

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

void
bus_begin_small(struct worker *w, uint64_t bytes)
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
