/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The verbs of the certificates that a slot trusts.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "door/certificates.h"
#include "door/slot-settings.h"
#include "door/verbs.h"

void
door_certificate_add(struct door_call *c)
{
	const char *pem = door_field(c, "pem");
	int slot = slot_of_call(c), id;
	char dir[PATH_MAX], text[16];

	if (slot == -1)
		return;
	snprintf(dir, sizeof(dir), "%s/slots/%d/certificates",
	    c->settings->state_dir, slot);
	errno = EINVAL;
	id = pem != NULL ? certificate_add(dir, pem) : -1;
	if (id == -1 && errno == EINVAL) {
		door_invalid(c, "pem", "it must be a certificate in PEM");
	} else if (id == -1 && errno == EDQUOT) {
		door_refuse(c, "limit", "the slot has %d certificates already",
		    CERTIFICATES_MAX);
	} else if (id == -1) {
		door_refuse(
		    c, "unavailable", "unable to keep it: %s", strerror(errno));
	} else {
		snprintf(text, sizeof(text), "%d", id);
		door_result(c, "ok");
		door_add_string(&c->answer, "id", text);
		door_log(c, "slot %d: trusts certificate %d", slot, id);
	}
}

void
door_certificate_remove(struct door_call *c)
{
	const char *id = door_field(c, "id");
	int slot = slot_of_call(c);
	char dir[PATH_MAX];

	if (slot == -1)
		return;
	snprintf(dir, sizeof(dir), "%s/slots/%d/certificates",
	    c->settings->state_dir, slot);
	door_result(c, id != NULL && certificate_remove(dir, id) == 0
			   ? "ok"
			   : "not-found");
}
