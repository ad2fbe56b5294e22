/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "redfish/ask.h"
#include "redfish/auth.h"
#include "redfish/handlers.h"
#include "redfish/media.h"
#include "redfish/message.h"
#include "redfish/roles.h"

static void
take_client(struct redfish_client *c, const struct door_message *answer)
{
	const char *user = door_string(answer, "user");
	const char *role = door_string(answer, "role");
	const char *session = door_string(answer, "session");
	const char *must = door_string(answer, "must-change");

	snprintf(c->user, sizeof(c->user), "%s", user != NULL ? user : "");
	snprintf(c->role, sizeof(c->role), "%s", role != NULL ? role : "");
	snprintf(c->session, sizeof(c->session), "%s",
	    session != NULL ? session : "");
	c->must_change = must != NULL && strcmp(must, "yes") == 0;
	c->privileges = redfish_privileges(c->role);
}

/* Ask vm-door who the client is. On a slow BMC each request to vm-door takes
 * time, and clients read slots again and again: one request gets both the
 * client and the slot. */
static bool
ask_who(struct redfish *r, const struct redfish_handler *h)
{
	struct door_message request, answer, *said = &answer;
	int slot =
	    h != NULL && h->answer == get_media ? media_slot_find(r, 0) : -1;
	bool is_known;

	if (slot != -1) {
		media_ask_begin(r, &request, (unsigned)slot);
		said = &r->kept;
	} else {
		ask_begin(r, &request, "whoami");
	}
	is_known = ask_do(r, &request, said);
	if (is_known)
		take_client(&r->client, said);
	if (said == &answer || !is_known)
		door_message_free(said);
	return is_known;
}

bool
auth_take(struct redfish *r, const struct redfish_handler *h)
{
	if (!credentials_take(r->http, &r->client.credentials)) {
		redfish_say(r, 401, MSG_NO_VALID_SESSION, NULL,
		    "Log in: POST to /redfish/v1/SessionService/Sessions, or "
		    "send a user and password.");
		return false;
	}
	return ask_who(r, h);
}

/* A client whose password must change may only change it, or end its session.
 * Is this such a request? */
static bool
is_own_affair(const struct redfish *r, enum redfish_method method)
{
	static const char sessions[] = "/redfish/v1/SessionService/Sessions/";
	char own[REDFISH_URI_SIZE];

	if (strcmp(r->uri, redfish_account_uri(r, own)) == 0)
		return method == METHOD_GET || method == METHOD_PATCH;
	return strncmp(r->uri, sessions, sizeof(sessions) - 1) == 0 &&
	       strcmp(r->uri + sizeof(sessions) - 1, r->client.session) == 0;
}

bool
auth_allows(struct redfish *r, enum redfish_method method,
    enum redfish_privilege needed)
{
	if (r->client.must_change && !is_own_affair(r, method)) {
		redfish_say_password_change(r);
		return false;
	}
	if ((r->client.privileges & needed) != needed) {
		redfish_say(r, 403, MSG_INSUFFICIENT_PRIVILEGE, NULL, NULL);
		return false;
	}
	return true;
}
