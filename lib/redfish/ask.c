/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "door/client.h"
#include "door/request.h"
#include "redfish/ask.h"
#include "redfish/message.h"

#define RETRY 5 /* seconds, where vm-door names none */

static const char *const words[] = {
    [ASK_OK] = "ok",
    [ASK_UNAUTHENTICATED] = "unauthenticated",
    [ASK_FORBIDDEN] = "forbidden",
    [ASK_PASSWORD_CHANGE] = "password-change",
    [ASK_LOCKED] = "locked",
    [ASK_SLOW] = "slow",
    [ASK_INVALID] = "invalid",
    [ASK_NOT_FOUND] = "not-found",
    [ASK_EXISTS] = "exists",
    [ASK_LIMIT] = "limit",
    [ASK_BUSY] = "busy",
    [ASK_FAILED] = "failed",
    [ASK_TIMEOUT] = "timeout",
    [ASK_UNAVAILABLE] = "unavailable",
};

void
ask_begin(struct redfish *r, struct door_message *request, const char *verb)
{
	door_begin(request, verb, r->http->peer, &r->client.credentials);
}

enum ask_result
ask_send(struct redfish *r, struct door_message *request,
    struct door_message *answer)
{
	int failed = door_ask(request, answer, r->deadline);
	const char *word;
	size_t i;

	door_message_free(request);
	word = failed == 0 ? door_string(answer, "result") : NULL;
	for (i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum ask_result)i;
	return ASK_NO_DOOR;
}

int
ask_number(const struct door_message *answer, const char *name, int otherwise)
{
	const char *text = door_string(answer, name);
	uint64_t n;

	return text != NULL && number_parse(text, 0, INT_MAX, &n) == 0
		   ? (int)n
		   : otherwise;
}

/* Tell the client to try again later. */
static void
refuse_for_now(
    struct redfish *r, const struct door_message *answer, const char *otherwise)
{
	const char *why = door_string(answer, "message");
	char seconds[16];

	r->retry_after = ask_number(answer, "retry", RETRY);
	snprintf(seconds, sizeof(seconds), "%d", r->retry_after);
	redfish_say(r, 503, MSG_SERVICE_TEMPORARILY_UNAVAILABLE, NULL,
	    why != NULL ? why : otherwise, seconds);
}

void
ask_refuse(struct redfish *r, enum ask_result result,
    const struct door_message *answer)
{
	const char *why = door_string(answer, "message");
	const char *field = door_string(answer, "field");

	switch (result) {
	case ASK_UNAUTHENTICATED:
		redfish_say(r, 401, MSG_NO_VALID_SESSION, NULL, why);
		break;
	case ASK_LOCKED:
		redfish_say(r, 401, MSG_NO_VALID_SESSION, NULL,
		    "The account is locked after too many wrong passwords: "
		    "wait, "
		    "or ask an administrator to unlock it.");
		break;
	case ASK_FORBIDDEN:
		redfish_say(r, 403, MSG_INSUFFICIENT_PRIVILEGE, NULL, why);
		break;
	case ASK_PASSWORD_CHANGE:
		redfish_say_password_change(r);
		break;
	case ASK_INVALID:
		redfish_say(r, 400, MSG_PROPERTY_VALUE_ERROR, NULL, why,
		    field != NULL ? field : "");
		break;
	case ASK_NOT_FOUND:
		redfish_say(
		    r, 404, MSG_RESOURCE_MISSING_AT_URI, NULL, why, r->uri);
		break;
	case ASK_EXISTS:
		redfish_say(r, 409, MSG_RESOURCE_IN_USE, NULL, why);
		break;
	case ASK_SLOW:
		refuse_for_now(r, answer, "Too many wrong passwords: wait.");
		break;
	case ASK_BUSY:
	case ASK_LIMIT:
		refuse_for_now(r, answer, "Another change is under way: wait.");
		break;
	case ASK_TIMEOUT:
		refuse_for_now(r, answer, "It took too long: try again.");
		break;
	case ASK_NO_DOOR:
		refuse_for_now(r, answer,
		    "The service vm-door does not answer: start it.");
		break;
	case ASK_OK:
	case ASK_FAILED:
	case ASK_UNAVAILABLE:
		redfish_say(r, 500, MSG_INTERNAL_ERROR, NULL, why);
		break;
	}
}

bool
ask_do(struct redfish *r, struct door_message *request,
    struct door_message *answer)
{
	enum ask_result result = ask_send(r, request, answer);

	if (result != ASK_OK)
		ask_refuse(r, result, answer);
	return result == ASK_OK;
}

enum ask_result
ask_change(struct redfish *r, struct door_message *request,
    const struct ask_name *names)
{
	struct door_message answer;
	enum ask_result result = ask_send(r, request, &answer);
	const char *field = door_string(&answer, "field");
	char pointer[64];

	while (field != NULL && names->field != NULL &&
	       strcmp(names->field, field) != 0)
		names++;
	if (result == ASK_INVALID && field != NULL && names->field != NULL) {
		snprintf(pointer, sizeof(pointer), "/%s", names->property);
		redfish_say(r, 400, MSG_PROPERTY_VALUE_ERROR, pointer,
		    door_string(&answer, "message"), names->property);
	} else if (result != ASK_OK && result != ASK_EXISTS &&
		   result != ASK_LIMIT) {
		ask_refuse(r, result, &answer);
	}
	door_message_free(&answer);
	return result;
}
