/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A slot as a VirtualMedia resource: what the kernel and vm-slot show of it,
 * and what only vm-door knows.
 */
#ifndef VM_REDFISH_MEDIA_H
#define VM_REDFISH_MEDIA_H

#include "door/wire.h"
#include "redfish/media-request.h"
#include "redfish/redfish.h"
#include "redfish/slot-state.h"

struct media {
	unsigned slot;
	struct slot_state state;
	struct door_message kept; /* vm-door's answer to `media` */
	const char *image;	  /* in `kept`; NULL: none */
	const char
	    *next; /* to be inserted later, in an empty slot; NULL: none */
	const char *policy; /* EjectPolicy */
	int64_t expires;    /* EjectTimeout in seconds; 0: none */
};

/* Read the slot that this part of the path names. Returns false if the refusal
 * is in *r; media_free() frees what is in *m in both cases. */
bool media_read(struct redfish *r, unsigned part, struct media *m);
void media_free(struct media *m);

/* VerifyCertificate: must the certificate of the image's server be right? */
bool media_verifies(const struct media *m);

/* The state of the slot, as the rules for requests need it. */
struct media_now media_judged(const struct redfish *r, const struct media *m);

/* The first slot with another type of drive; -1 if there is none. */
int media_other_slot(const struct redfish *r, unsigned slot);

/* The number of the slot that the path names; -1 if there is no such slot. */
int media_slot_find(const struct redfish *r, unsigned part);

/* The same; -1 if a 404 is in *r. */
int media_slot_of(struct redfish *r, unsigned part);

/* Begin a request to vm-door for what it keeps of a slot. */
void media_ask_begin(
    struct redfish *r, struct door_message *request, unsigned slot);

#endif
