/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "redfish/answer.h"
#include "redfish/handlers.h"
#include "redfish/message.h"
#include "redfish/roles.h"

static const struct {
	unsigned bit;
	const char *name;
} privileges[] = {
    {PRIVILEGE_LOGIN, "Login"},
    {PRIVILEGE_CONFIGURE_MANAGER, "ConfigureManager"},
    {PRIVILEGE_CONFIGURE_USERS, "ConfigureUsers"},
    {PRIVILEGE_CONFIGURE_COMPONENTS, "ConfigureComponents"},
    {PRIVILEGE_CONFIGURE_SELF, "ConfigureSelf"},
};

const char *const redfish_roles[] = {
    "Administrator", "Operator", "ReadOnly", NULL};

unsigned
redfish_privileges(const char *role)
{
	const unsigned read_only = PRIVILEGE_LOGIN | PRIVILEGE_CONFIGURE_SELF;

	if (strcmp(role, "Administrator") == 0)
		return read_only | PRIVILEGE_CONFIGURE_MANAGER |
		       PRIVILEGE_CONFIGURE_USERS |
		       PRIVILEGE_CONFIGURE_COMPONENTS;
	if (strcmp(role, "Operator") == 0)
		return read_only | PRIVILEGE_CONFIGURE_COMPONENTS;
	return strcmp(role, "ReadOnly") == 0 ? read_only : 0;
}

void
get_roles(struct redfish *r)
{
	answer_collection(r, "Roles", redfish_roles);
}

void
get_role(struct redfish *r)
{
	const char *role = r->part[0];
	unsigned bits = redfish_privileges(role);
	struct json_text *t = &r->body;
	size_t i;

	if (bits == 0) {
		answer_missing(r);
		return;
	}
	answer_begin(r, role, role);
	json_put_string(t, "RoleId", role);
	json_put_bool(t, "IsPredefined", true);
	json_begin_array(t, "AssignedPrivileges");
	for (i = 0; i < sizeof(privileges) / sizeof(privileges[0]); i++)
		if ((bits & privileges[i].bit) != 0)
			json_put_string(t, NULL, privileges[i].name);
	json_end_array(t);
	json_begin_array(t, "OemPrivileges");
	json_end_array(t);
	answer_end(r);
}
