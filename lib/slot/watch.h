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

/* What was seen. */
struct look {
	int error;  /* errno where the drive could not be looked at, or 0 */
	bool empty; /* there is no medium in it, or the drive is gone */
	char udc[UDC_NAME_SIZE];    /* "": bound to none */
	char state[UDC_STATE_SIZE]; /* of the UDC's port; "": unknown */
};

struct watch {
	int inotify, port; /* the events; -1: there are none */
	int ask, told;	   /* to the thread, and from it; -1: not started */
	bool looking;
	bool again; /* something has happened since that look began */
	int pause;  /* ms to the next look without an event */
	int64_t next;
	char udc[UDC_NAME_SIZE]; /* that of port */
};

#define WATCH_POLLS 3

void watch_init(struct watch *);

/*
 * Watch the slot's drive: the kernel's, with that block device in it, or a vm-drive
 * (NULL). Returns 0, or -1 with errno, and then there are no looks.
 */
int watch_start(struct watch *, unsigned slot, const char *device);
void watch_stop(struct watch *);

void watch_poll(const struct watch *, struct pollfd[WATCH_POLLS]);

/* Milliseconds to the next look, not more than max (0: without a bound). */
int watch_left(const struct watch *, int64_t now, int max);

/* Look where there is a reason to. Returns whether *look is a new one. */
bool watch_move(struct watch *, struct look *look, int max);

#endif
