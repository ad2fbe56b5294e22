/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * AccountService: the rules that vm-door has for accounts.
 */
#include <stdio.h>

#include "redfish/answer.h"
#include "redfish/ask.h"
#include "redfish/handlers.h"
#include "redfish/input.h"

/* Fields of vm-door's verb `service`, and their properties. */
static const struct ask_name rules[] = {
    {"password-length", "MinPasswordLength"},
    {"lockout-threshold", "AccountLockoutThreshold"},
    {"lockout-duration", "AccountLockoutDuration"},
    {"lockout-reset", "AccountLockoutCounterResetAfter"},
    {NULL, NULL},
};

static const struct input_field fields[] = {
    {.name = "MinPasswordLength", .type = INPUT_NUMBER},
    {.name = "AccountLockoutThreshold", .type = INPUT_NUMBER},
    {.name = "AccountLockoutDuration", .type = INPUT_NUMBER},
    {.name = "AccountLockoutCounterResetAfter", .type = INPUT_NUMBER},
    {.name = NULL},
};

void
get_account_service(struct redfish *r)
{
	struct door_message request, answer;
	struct json_text *t = &r->body;
	const struct ask_name *rule;

	ask_begin(r, &request, "service");
	if (ask_do(r, &request, &answer)) {
		answer_begin(r, "AccountService", "Account Service");
		answer_status(r);
		json_put_bool(t, "ServiceEnabled", true);
		for (rule = rules; rule->field != NULL; rule++)
			json_put_number(t, rule->property,
			    ask_number(&answer, rule->field, 0));
		answer_link(r, "Accounts", "%s/Accounts", r->uri);
		answer_link(r, "Roles", "%s/Roles", r->uri);
		answer_end(r);
	}
	door_message_free(&answer);
}

void
patch_account_service(struct redfish *r)
{
	struct door_message request;
	const struct ask_name *rule;
	const json_t *value;
	char text[32];

	if (!redfish_check_patch(r, fields))
		return;
	ask_begin(r, &request, "service");
	for (rule = rules; rule->field != NULL; rule++) {
		value = json_object_get(r->input, rule->property);
		if (value == NULL)
			continue;
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(value));
		door_add_string(&request, rule->field, text);
	}
	ask_change(r, &request, rules);
	if (r->status == 0)
		get_account_service(r);
}
