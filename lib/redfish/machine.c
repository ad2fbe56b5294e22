/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The managed host and its manager: Systems and Managers, each with one member.
 */
#include <stdio.h>
#include <string.h>

#include "redfish/answer.h"
#include "redfish/handlers.h"
#include "redfish/host.h"

#define SYSTEM	"/redfish/v1/Systems/system"
#define MANAGER "/redfish/v1/Managers/bmc"

static void
put_status(struct json_text *t)
{
	json_begin_object(t, "Status");
	json_put_string(t, "State", "Enabled");
	json_put_string(t, "Health", "OK");
	json_end_object(t);
}

void
get_systems(struct redfish *r)
{
	answer_begin_collection(r, "Computer System Collection", 1);
	answer_member(r, "system");
	answer_end_collection(r);
}

void
get_managers(struct redfish *r)
{
	answer_begin_collection(r, "Manager Collection", 1);
	answer_member(r, "bmc");
	answer_end_collection(r);
}

/* An array of one link. */
static void
put_links(struct redfish *r, const char *name, const char *path)
{
	json_begin_array(&r->body, name);
	answer_link(r, NULL, "%s", path);
	json_end_array(&r->body);
}

void
get_manager(struct redfish *r)
{
	answer_begin(r, "bmc", "vmedia");
	json_put_string(&r->body, "ManagerType", "BMC");
	json_put_string(&r->body, "FirmwareVersion", VERSION);
	put_status(&r->body);
	answer_link(r, "VirtualMedia", SYSTEM "/VirtualMedia");
	json_begin_object(&r->body, "Links");
	put_links(r, "ManagerForServers", SYSTEM);
	json_end_object(&r->body);
	answer_end(r);
}

void
get_system(struct redfish *r)
{
	struct host host;

	if (!host_read(r, &host))
		return;
	answer_begin(r, "system", "Host");
	json_put_string(&r->body, "SystemType", "Physical");
	put_status(&r->body);
	host_put(r, &host);
	answer_link(r, "VirtualMedia", SYSTEM "/VirtualMedia");
	json_begin_object(&r->body, "Links");
	put_links(r, "ManagedBy", MANAGER);
	json_end_object(&r->body);
	answer_end(r);
	host_free(&host);
}
