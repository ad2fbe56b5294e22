/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The accounts, which vm-door keeps (ManagerAccount).
 */
#include <stdio.h>
#include <string.h>

#include "redfish/answer.h"
#include "redfish/ask.h"
#include "redfish/handlers.h"
#include "redfish/input.h"
#include "redfish/list.h"
#include "redfish/message.h"
#include "redfish/resource.h"
#include "redfish/roles.h"

#define ACCOUNTS "/redfish/v1/AccountService/Accounts"

void
get_accounts(struct redfish *r)
{
	json_t *list = redfish_list(r, "accounts");

	if (list != NULL)
		redfish_put_list(r, "Accounts", list, "name");
	json_decref(list);
}

/* Write the account called `name` as the body of the answer. */
static void
put_account(struct redfish *r, const char *name, const json_t *account)
{
	struct json_text *t = &r->body;
	const char *role = input_string(account, "role");

	answer_begin(r, name, "User Account");
	/* The ETag leaves out Locked, which changes by itself. */
	etag_add(r, name);
	etag_add(r, role != NULL ? role : "");
	etag_add(
	    r, json_is_true(json_object_get(account, "enabled")) ? "1" : "");
	etag_add(r,
	    json_is_true(json_object_get(account, "must-change")) ? "1" : "");
	json_put_string(t, "UserName", name);
	json_put_null(t, "Password");
	json_put_string(t, "RoleId", role);
	json_put_bool(
	    t, "Enabled", json_is_true(json_object_get(account, "enabled")));
	json_put_bool(
	    t, "Locked", json_is_true(json_object_get(account, "locked")));
	json_put_bool(t, "PasswordChangeRequired",
	    json_is_true(json_object_get(account, "must-change")));
	json_begin_array(t, "AccountTypes");
	json_put_string(t, NULL, "Redfish");
	json_end_array(t);
	json_begin_object(t, "Links");
	answer_link(r, "Role", "/redfish/v1/AccountService/Roles/%s",
	    role != NULL ? role : "");
	json_end_object(t);
	answer_end(r);
}

/* vm-door lists only the client's own account to a client that
 * may not see all. */
void
get_account(struct redfish *r)
{
	json_t *list = redfish_list(r, "accounts");
	const json_t *account =
	    list != NULL ? redfish_list_find(list, "name", r->part[0]) : NULL;

	if (account != NULL)
		put_account(r, r->part[0], account);
	else if (list != NULL &&
		 (r->client.privileges & PRIVILEGE_CONFIGURE_USERS) == 0)
		redfish_say(r, 403, MSG_INSUFFICIENT_PRIVILEGE, NULL, NULL);
	else if (list != NULL)
		answer_missing(r);
	json_decref(list);
}

#define WRITABLE(required)                                                   \
	{.name = "UserName", .type = INPUT_STRING, .is_required = required}, \
	    {.name = "Password",                                             \
		.type = INPUT_STRING,                                        \
		.is_required = required,                                     \
		.is_secret = true},                                          \
	    {.name = "RoleId",                                               \
		.type = INPUT_STRING,                                        \
		.is_required = required,                                     \
		.values = redfish_roles},                                    \
	    {.name = "Enabled", .type = INPUT_BOOL},                         \
	    {.name = "PasswordChangeRequired", .type = INPUT_BOOL},          \
	{                                                                    \
		.name = "AccountTypes", .type = INPUT_ARRAY                  \
	}

static const struct input_field new_fields[] = {
    WRITABLE(true),
    {.name = NULL},
};

static const struct input_field fields[] = {
    WRITABLE(false),
    {.name = "Locked", .type = INPUT_BOOL},
    {.name = NULL},
};

static void
add_bool(const struct redfish *r, struct door_message *request,
    const char *property, const char *field)
{
	const json_t *value = json_object_get(r->input, property);

	if (value != NULL)
		door_add_string(
		    request, field, json_is_true(value) ? "yes" : "no");
}

/* Add the properties that a new account and a changed one have in common. */
static void
add_properties(const struct redfish *r, struct door_message *request)
{
	door_add_string(
	    request, "new-password", input_string(r->input, "Password"));
	door_add_string(request, "role", input_string(r->input, "RoleId"));
	add_bool(r, request, "Enabled", "enabled");
	add_bool(r, request, "Locked", "locked");
	add_bool(r, request, "PasswordChangeRequired", "must-change");
}

static const struct ask_name names[] = {
    {"name", "UserName"},
    {"new-name", "UserName"},
    {"new-password", "Password"},
    {"role", "RoleId"},
    {"enabled", "Enabled"},
    {"locked", "Locked"},
    {"must-change", "PasswordChangeRequired"},
    {NULL, NULL},
};

/* Ask vm-door for a change of accounts. Returns whether it was made. */
static bool
change(struct redfish *r, struct door_message *request)
{
	enum ask_result result = ask_change(r, request, names);
	const char *name = input_string(r->input, "UserName");

	if (result == ASK_EXISTS)
		redfish_say(r, 400, MSG_RESOURCE_ALREADY_EXISTS, "/UserName",
		    "Use another name.", "ManagerAccount", "UserName",
		    name != NULL ? name : "");
	else if (result == ASK_LIMIT)
		redfish_say(r, 400, MSG_CREATE_LIMIT_REACHED, NULL,
		    "Remove an account first.");
	return result == ASK_OK;
}

/* No account may have the name of another resource. */
static bool
check_name(struct redfish *r)
{
	const char *name = input_string(r->input, "UserName");

	if (name == NULL || strcmp(name, "Members") != 0)
		return true;
	redfish_say(r, 400, MSG_PROPERTY_VALUE_ERROR, "/UserName",
	    "Use another name.", "UserName");
	return false;
}

void
post_accounts(struct redfish *r)
{
	struct door_message request;
	const char *name;

	if (!redfish_check_new(r, new_fields) || !check_name(r))
		return;
	name = input_string(r->input, "UserName");
	ask_begin(r, &request, "account-add");
	door_add_string(&request, "name", name);
	add_properties(r, &request);
	if (!change(r, &request))
		return;
	snprintf(r->location, sizeof(r->location), ACCOUNTS "/%s", name);
	/* The body is the account, not the collection. */
	memcpy(r->uri, r->location, sizeof(r->uri));
	r->resource = redfish_find(r->resources, r->uri, r->part);
	get_account(r);
	if (r->status == 200)
		r->status = 201;
}

void
patch_account(struct redfish *r)
{
	struct door_message request;
	const char *name;

	if (!redfish_check_patch(r, fields) || !check_name(r))
		return;
	ask_begin(r, &request, "account-set");
	door_add_string(&request, "name", r->part[0]);
	name = input_string(r->input, "UserName");
	if (name != NULL && strcmp(name, r->part[0]) != 0)
		door_add_string(&request, "new-name", name);
	add_properties(r, &request);
	/* The client came with the old password, which may now be invalid:
	 * vm-door would refuse to tell it the account for a body. */
	if (change(r, &request))
		r->status = 204;
}

void
delete_account(struct redfish *r)
{
	struct door_message request;

	ask_begin(r, &request, "account-remove");
	door_add_string(&request, "name", r->part[0]);
	if (change(r, &request))
		r->status = 204;
}
