/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stddef.h>

#include "redfish/handlers.h"
#include "redfish/resources.h"

#define V1	 "/redfish/v1"
#define SESSIONS V1 "/SessionService/Sessions"
#define ACCOUNTS V1 "/AccountService/Accounts"

/* The methods of a row. Privileges are those of
 * Redfish_1.8.0_PrivilegeRegistry; if it lets a client change its own data, the
 * row needs LOGIN, and vm-door decides. */
#define READ(f, p)   [METHOD_GET] = {f, PRIVILEGE_##p}
#define CREATE(f, p) [METHOD_POST] = {f, PRIVILEGE_##p}
#define CHANGE(f, p) [METHOD_PATCH] = {f, PRIVILEGE_##p}
#define REMOVE(f, p) [METHOD_DELETE] = {f, PRIVILEGE_##p}

/* The slots have two paths: that of the standard, and the one at which OpenBMC
 * and older clients look. */
#define SLOTS(at)                                                         \
	{at, "VirtualMediaCollection.VirtualMediaCollection",             \
	    {READ(get_media_collection, LOGIN)}},                         \
	    {at "/*", "VirtualMedia.v1_6_5.VirtualMedia",                 \
		{READ(get_media, LOGIN),                                  \
		    CHANGE(patch_media, CONFIGURE_MANAGER)}},             \
	    {at "/*/Actions/VirtualMedia.InsertMedia", NULL,              \
		{CREATE(post_insert, CONFIGURE_MANAGER)}},                \
	    {at "/*/Actions/VirtualMedia.EjectMedia", NULL,               \
		{CREATE(post_eject, CONFIGURE_MANAGER)}},                 \
	    {at "/*/Certificates",                                        \
		"CertificateCollection.CertificateCollection",            \
		{READ(get_certificates, LOGIN),                           \
		    CREATE(post_certificates, CONFIGURE_MANAGER)}},       \
	{                                                                 \
		at "/*/Certificates/*", "Certificate.v1_8_0.Certificate", \
		{                                                         \
			READ(get_certificate, LOGIN),                     \
			    REMOVE(delete_certificate, CONFIGURE_MANAGER) \
		}                                                         \
	}

const struct redfish_resource redfish_resources[] = {
    {"/redfish", NULL, {READ(get_versions, NONE)}},
    {V1, REDFISH_ROOT_TYPE, {READ(get_root, NONE)}},
    {V1 "/odata", NULL, {READ(get_odata, NONE)}},
    {V1 "/$metadata", NULL, {READ(get_metadata, NONE)}},
    {V1 "/schema/*", NULL, {READ(get_schema, LOGIN)}},
    {V1 "/Registries",
	"MessageRegistryFileCollection.MessageRegistryFileCollection",
	{READ(get_registries, LOGIN)}},
    {V1 "/Registries/*", "MessageRegistryFile.v1_1_5.MessageRegistryFile",
	{READ(get_registry, LOGIN)}},
    {V1 "/Registries/*/*", NULL, {READ(get_registry_file, LOGIN)}},
    {V1 "/SessionService", "SessionService.v1_1_9.SessionService",
	{READ(get_session_service, LOGIN),
	    CHANGE(patch_session_service, CONFIGURE_MANAGER)}},
    {SESSIONS, "SessionCollection.SessionCollection",
	{READ(get_sessions, LOGIN), CREATE(post_sessions, NONE)}},
    {SESSIONS "/Members", NULL, {CREATE(post_sessions, NONE)}},
    {SESSIONS "/*", "Session.v1_7_2.Session",
	{READ(get_session, LOGIN), REMOVE(delete_session, LOGIN)}},
    {V1 "/AccountService", "AccountService.v1_15_4.AccountService",
	{READ(get_account_service, LOGIN),
	    CHANGE(patch_account_service, CONFIGURE_USERS)}},
    {V1 "/AccountService/Roles", "RoleCollection.RoleCollection",
	{READ(get_roles, LOGIN)}},
    {V1 "/AccountService/Roles/*", "Role.v1_3_3.Role", {READ(get_role, LOGIN)}},
    {ACCOUNTS, "ManagerAccountCollection.ManagerAccountCollection",
	{READ(get_accounts, LOGIN), CREATE(post_accounts, CONFIGURE_USERS)}},
    {ACCOUNTS "/Members", NULL, {CREATE(post_accounts, CONFIGURE_USERS)}},
    {ACCOUNTS "/*", "ManagerAccount.v1_12_3.ManagerAccount",
	{READ(get_account, LOGIN), CHANGE(patch_account, LOGIN),
	    REMOVE(delete_account, CONFIGURE_USERS)}},
    {V1 "/Systems", "ComputerSystemCollection.ComputerSystemCollection",
	{READ(get_systems, LOGIN)}},
    {V1 "/Systems/system", "ComputerSystem.v1_22_0.ComputerSystem",
	{READ(get_system, LOGIN), CHANGE(patch_system, CONFIGURE_COMPONENTS)}},
    {V1 "/Systems/system/Actions/ComputerSystem.Reset", NULL,
	{CREATE(post_reset, CONFIGURE_COMPONENTS)}},
    {V1 "/Managers", "ManagerCollection.ManagerCollection",
	{READ(get_managers, LOGIN)}},
    {V1 "/Managers/bmc", "Manager.v1_19_0.Manager", {READ(get_manager, LOGIN)}},
    SLOTS(V1 "/Systems/system/VirtualMedia"),
    SLOTS(V1 "/Managers/bmc/VirtualMedia"),
    {V1 "/EventService", "EventService.v1_11_0.EventService",
	{READ(get_event_service, LOGIN)}},
    {V1 "/EventService/SSE", NULL, {READ(get_event_stream, LOGIN)}},
    {NULL, NULL, {{NULL, PRIVILEGE_NONE}}},
};
