/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Why a medium could not be inserted or ejected: the cause that vmctl(8) names
 * ("missing", "tls") becomes an HTTP status and a message of the Base registry.
 *
 * Clients depend on the status. Ironic tries another slot after 400, tries
 * again after 5xx, and gives up after all others. Therefore a failure that the
 * client's user must mend is 400, and one that mends itself is 503.
 */
#ifndef VM_REDFISH_MEDIA_FAILURE_H
#define VM_REDFISH_MEDIA_FAILURE_H

#include "redfish/redfish.h"

#define MEDIA_RETRY_AFTER 5 /* seconds, where vm-door names none */

struct media_failure {
	const char *cause;   /* as vmctl -j has it; NULL counts as "internal" */
	const char *message; /* for people, without secrets; NULL: none */
	const char *uri;    /* of the image, without secrets; "" for an eject */
	const char *action; /* "InsertMedia", "EjectMedia"; NULL for a PATCH */
	int other_slot;	    /* that has the other type of drive; -1: none */
};

/* Say why it has failed. */
void media_failure_say(struct redfish *, const struct media_failure *);

/* Say that the slot is busy, or that it took too long: try again after this
 * many seconds (0: MEDIA_RETRY_AFTER). */
void media_failure_retry(struct redfish *, int seconds, const char *message);

#endif
