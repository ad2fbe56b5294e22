/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * SessionService and Sessions (DSP0266 section 13.3.4). vm-door keeps the
 * sessions.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "redfish/answer.h"
#include "redfish/ask.h"
#include "redfish/handlers.h"
#include "redfish/input.h"
#include "redfish/list.h"
#include "redfish/message.h"
#include "redfish/resource.h"

#define SESSIONS "/redfish/v1/SessionService/Sessions"

void
get_session_service(struct redfish *r)
{
	struct door_message request, answer;
	struct json_text *t = &r->body;

	ask_begin(r, &request, "service");
	if (ask_do(r, &request, &answer)) {
		answer_begin(r, "SessionService", "Session Service");
		answer_status(r);
		json_put_bool(t, "ServiceEnabled", true);
		json_put_number(t, "SessionTimeout",
		    ask_number(&answer, "session-timeout", 0));
		answer_link(r, "Sessions", SESSIONS);
		answer_end(r);
	}
	door_message_free(&answer);
}

static const struct input_field service_fields[] = {
    {.name = "SessionTimeout", .type = INPUT_NUMBER},
    {.name = NULL},
};

static const struct ask_name service_names[] = {
    {"session-timeout", "SessionTimeout"},
    {NULL, NULL},
};

void
patch_session_service(struct redfish *r)
{
	struct door_message request;
	char text[32];

	if (!redfish_check_patch(r, service_fields))
		return;
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(r->input, "SessionTimeout")));
	ask_begin(r, &request, "service");
	door_add_string(&request, "session-timeout", text);
	ask_change(r, &request, service_names);
	if (r->status == 0)
		get_session_service(r);
}

void
get_sessions(struct redfish *r)
{
	json_t *list = redfish_list(r, "sessions");

	if (list != NULL)
		redfish_put_list(r, "Sessions", list, "id");
	json_decref(list);
}

static void
put_session(struct redfish *r, const char *id, const char *user,
    const char *peer, int64_t created)
{
	struct json_text *t = &r->body;
	time_t when = (time_t)created;
	char time[32];
	struct tm tm;

	answer_begin(r, id, "User Session");
	json_put_string(t, "UserName", user);
	json_put_null(t, "Password");
	json_put_string(t, "SessionType", "Redfish");
	if (peer != NULL && *peer != '\0')
		json_put_string(t, "ClientOriginIPAddress", peer);
	if (created > 0 && gmtime_r(&when, &tm) != NULL) {
		strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &tm);
		json_put_string(t, "CreatedTime", time);
	}
	answer_end(r);
}

void
get_session(struct redfish *r)
{
	json_t *list = redfish_list(r, "sessions");
	const json_t *one;

	if (list == NULL)
		return;
	one = redfish_list_find(list, "id", r->part[0]);
	if (one != NULL)
		put_session(r, r->part[0], input_string(one, "user"),
		    input_string(one, "peer"),
		    json_integer_value(json_object_get(one, "created")));
	else
		answer_missing(r);
	json_decref(list);
}

static const struct input_field login_fields[] = {
    {.name = "UserName", .type = INPUT_STRING, .is_required = true},
    {.name = "Password",
	.type = INPUT_STRING,
	.is_required = true,
	.is_secret = true},
    {.name = "Token", .type = INPUT_STRING, .is_nullable = true},
    {.name = "Context", .type = INPUT_STRING, .is_nullable = true},
    {.name = NULL},
};

/* Write the session that was made, as the body of the answer. */
static void
put_login(struct redfish *r, const struct door_message *answer)
{
	const char *id = door_string(answer, "session");
	const char *user = door_string(answer, "user");
	const char *token = door_string(answer, "token");
	const char *must_change = door_string(answer, "must-change");

	if (id == NULL || user == NULL || token == NULL)
		return;
	snprintf(r->token, sizeof(r->token), "%s", token);
	snprintf(r->location, sizeof(r->location), SESSIONS "/%s", id);
	/* The body is the session, not the collection. */
	snprintf(r->uri, sizeof(r->uri), SESSIONS "/%s", id);
	r->resource = redfish_find(r->resources, r->uri, r->part);
	put_session(r, id, user, r->http->peer, (int64_t)time(NULL));
	r->status = 201;
	snprintf(r->client.user, sizeof(r->client.user), "%s", user);
	if (must_change != NULL && strcmp(must_change, "yes") == 0)
		redfish_say_password_change(r);
}

void
post_sessions(struct redfish *r)
{
	struct door_message request, answer;
	enum ask_result result;

	if (!redfish_check_new(r, login_fields))
		return;
	/* The headers authenticate nobody here: the credentials
	 * are in the body. */
	ask_begin(r, &request, "login");
	door_add_string(&request, "user", input_string(r->input, "UserName"));
	door_add_string(
	    &request, "password", input_string(r->input, "Password"));
	result = ask_send(r, &request, &answer);
	if (result == ASK_OK)
		put_login(r, &answer);
	else if (result == ASK_UNAUTHENTICATED)
		redfish_say(r, 401, MSG_ACCESS_UNAUTHORIZED, NULL,
		    "Send the user name and password of an account.");
	else
		ask_refuse(r, result, &answer);
	door_message_free(&answer);
}

void
delete_session(struct redfish *r)
{
	struct door_message request, answer;

	ask_begin(r, &request, "logout");
	door_add_string(&request, "session", r->part[0]);
	if (ask_do(r, &request, &answer))
		r->status = 204;
	door_message_free(&answer);
}
