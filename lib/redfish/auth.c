/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "http/basic.h"
#include "redfish/ask.h"
#include "redfish/auth.h"
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

bool
auth_take(struct redfish *r)
{
	struct redfish_credentials *c = &r->client.credentials;
	struct door_message request, answer;
	bool is_known;

	if (r->http->auth_token != NULL && *r->http->auth_token != '\0')
		c->token = r->http->auth_token;
	if (c->token == NULL && r->http->authorization != NULL)
		basic_take(r->http->authorization, c->basic, sizeof(c->basic),
		    &c->user, &c->password);
	if (c->token == NULL && c->user == NULL) {
		redfish_say(r, 401, MSG_NO_VALID_SESSION, NULL,
		    "Log in: POST to /redfish/v1/SessionService/Sessions, or "
		    "send a user and password.");
		return false;
	}
	ask_begin(r, &request, "whoami");
	is_known = ask_do(r, &request, &answer);
	if (is_known)
		take_client(&r->client, &answer);
	door_message_free(&answer);
	return is_known;
}

/* Does this account, whose password must change, go only where it can do that, or
 * end its session? */
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
