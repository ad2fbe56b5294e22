/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Making and removing one gadget. The functions return as in gadget.h.
 */
#ifndef VM_GADGET_CREATE_H
#define VM_GADGET_CREATE_H

#include "gadget/gadget.h"
#include "gadget/identity.h"
#include "gadget/presence.h"
#include "image/probe.h"

/* The drives to make. */
struct gadget_plan {
	unsigned count;			      /* of slots */
	enum image_media types[GADGET_SLOTS]; /* of each slot */
	const char *udc;		      /* the only one to use, or NULL */
	int stall;	/* 0, 1, or -1 for the value that suits the UDC */
	bool on_demand; /* the host sees drives only while one has a medium */
	struct gadget_identity identity;
	int ms; /* deadline of each access */
};

/*
 * Make gadget `number`, which must not exist, with the slots of the plan from
 * first to end - 1. Bind it to a free UDC unless it is to exist on demand. The
 * gadget stays open also after a failure.
 */
int gadget_build(const struct gadget_plan *plan, struct gadget *gadget,
    int number, unsigned first, unsigned end);

/* Write to the gadget which UDC the plan names, and when the host is to see it. */
int gadget_plan_presence(const struct gadget_plan *plan, struct gadget *gadget);

/* Eject its media, unbind it and remove it, also if it is incomplete. */
int gadget_remove(struct gadget *gadget);

#endif
