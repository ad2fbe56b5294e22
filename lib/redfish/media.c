/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redfish/ask.h"
#include "redfish/media.h"
#include "redfish/message.h"

int
media_slot_find(const struct redfish *r, unsigned part)
{
	const char *id = r->part[part];
	unsigned slot =
	    (unsigned)(id[0] != '\0' ? id[strlen(id) - 1] - '0' : 9);
	char right[16];

	snprintf(right, sizeof(right), "Slot_%u", slot);
	return slot < r->settings->slots && strcmp(id, right) == 0 ? (int)slot
								   : -1;
}

int
media_slot_of(struct redfish *r, unsigned part)
{
	int slot = media_slot_find(r, part);

	if (slot == -1)
		redfish_say(r, 404, MSG_RESOURCE_NOT_FOUND, NULL,
		    "Follow the links of the collection VirtualMedia.",
		    "VirtualMedia", r->part[part]);
	return slot;
}

void
media_ask_begin(struct redfish *r, struct door_message *request, unsigned slot)
{
	char text[8];

	snprintf(text, sizeof(text), "%u", slot);
	ask_begin(r, request, "media");
	door_add_string(request, "slot", text);
}

/* Take what auth_take() has read of the slot, or ask vm-door for it. */
static bool
take_kept(struct redfish *r, struct media *m)
{
	struct door_message request;

	if (r->kept.bytes != NULL) {
		m->kept = r->kept;
		r->kept = (struct door_message){0};
	} else {
		media_ask_begin(r, &request, m->slot);
		if (!ask_do(r, &request, &m->kept))
			return false;
	}
	m->image = door_string(&m->kept, "image");
	m->next = m->image == NULL ? door_string(&m->kept, "next-image") : NULL;
	m->policy = door_string(&m->kept, "policy");
	m->expires = ask_number(&m->kept, "expires", 0);
	return true;
}

bool
media_read(struct redfish *r, unsigned part, struct media *m)
{
	int slot = media_slot_of(r, part);

	*m = (struct media){.slot = (unsigned)slot};
	if (slot == -1)
		return false;
	if (slot_state_read(&m->state, m->slot) == -1) {
		redfish_say(r, 500, MSG_INTERNAL_ERROR, NULL,
		    "vm-redfish may not read the state of the slot.");
		return false;
	}
	return take_kept(r, m);
}

void
media_free(struct media *m)
{
	door_message_free(&m->kept);
}

int
media_other_slot(const struct redfish *r, unsigned slot)
{
	unsigned i;

	for (i = 0; i < r->settings->slots; i++)
		if (r->settings->drives[i] != r->settings->drives[slot])
			return (int)i;
	return -1;
}

bool
media_verifies(const struct media *m)
{
	const char *verify = door_string(&m->kept, "verify");

	return verify == NULL || strcmp(verify, "yes") == 0;
}

struct media_now
media_judged(const struct redfish *r, const struct media *m)
{
	struct media_now now = {.drive = r->settings->drives[m->slot],
	    .disk_slot = -1,
	    .is_in = slot_state_is_in(&m->state),
	    .is_writable = m->state.writable,
	    .image = m->image,
	    .eject_policy = m->policy,
	    .expires = m->expires,
	    .verifies = media_verifies(m)};
	int other = media_other_slot(r, m->slot);

	if (now.drive == IMAGE_DISK)
		now.disk_slot = (int)m->slot;
	else if (other != -1)
		now.disk_slot = other;
	/* An image that is on its way out does not count. */
	if (!now.is_in)
		now.image = m->next;
	return now;
}
