/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the host does to its drive, by the kernel's events. When the host ejects
 * a medium, the kernel closes the block device, and inotify(7) reports that
 * (f_mass_storage.c, fsg_lun_close()). poll(2) reports a change of the state of
 * the USB port (udc/core.c, usb_gadget_state_work()). After each event we look
 * at the drive; without events we look now and then, in case one was missed.
 *
 * A look may wait in the kernel for as long as a host's read of a dead medium
 * takes (gadget/attr.h). Therefore a thread looks, and the caller never waits.
 */
#ifndef VM_SLOT_WATCH_H
#define VM_SLOT_WATCH_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "gadget/udc.h"

/* The result of a look. */
struct look {
	int error;  /* errno if the look failed, or 0 */
	bool empty; /* there is no medium in it, or the drive is gone */
	char udc[UDC_NAME_SIZE];    /* "": no UDC is bound */
	char state[UDC_STATE_SIZE]; /* of the UDC's port; "": unknown */
};

struct watch {
	int inotify, port; /* the events; -1: not watched */
	int ask, told;	   /* to the thread, and from it; -1: not started */
	bool looking;
	bool again; /* an event has come since that look began */
	int pause;  /* ms to the next look without an event */
	int64_t next;
	char udc[UDC_NAME_SIZE]; /* the UDC of port */
};

#define WATCH_POLLS 3

void watch_init(struct watch *);

/*
 * Watch the slot's drive: the kernel's with the block device `device`, or a
 * vm-drive if device is NULL. Returns 0; or -1 with errno, and then there are
 * no looks.
 */
int watch_start(struct watch *, unsigned slot, const char *device);
void watch_stop(struct watch *);

void watch_poll(const struct watch *, struct pollfd[WATCH_POLLS]);

/* Milliseconds until the next look, at most max (0: without a bound); -1: none
 * is planned. */
int watch_left(const struct watch *, int64_t now, int max);

/* Look if an event or the time asks for it. Returns whether *look is a new
 * result. */
bool watch_move(struct watch *, struct look *look, int max);

#endif
