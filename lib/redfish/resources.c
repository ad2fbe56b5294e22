/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "redfish/resources.h"

static const char *const names[REDFISH_METHODS] = {
    [METHOD_GET] = "GET",
    [METHOD_POST] = "POST",
    [METHOD_PATCH] = "PATCH",
    [METHOD_DELETE] = "DELETE",
};

/* The slots, which are at two places: where the standard has them, and where
 * OpenBMC and older clients look. */
#define MEDIA PRIVILEGE_CONFIGURE_MANAGER
#define SLOTS(at)                                                          \
	{at, "VirtualMediaCollection.VirtualMediaCollection",              \
	    {[METHOD_GET] = {get_media_collection, PRIVILEGE_LOGIN}}},     \
	    {at "/*", "VirtualMedia.v1_6_5.VirtualMedia",                  \
		{[METHOD_GET] = {get_media, PRIVILEGE_LOGIN},              \
		    [METHOD_PATCH] = {patch_media, MEDIA}}},               \
	    {at "/*/Actions/VirtualMedia.InsertMedia", NULL,               \
		{[METHOD_POST] = {post_insert, MEDIA}}},                   \
	    {at "/*/Actions/VirtualMedia.EjectMedia", NULL,                \
		{[METHOD_POST] = {post_eject, MEDIA}}},                    \
	    {at "/*/Certificates",                                         \
		"CertificateCollection.CertificateCollection",             \
		{[METHOD_GET] = {get_certificates, PRIVILEGE_LOGIN},       \
		    [METHOD_POST] = {post_certificates, MEDIA}}},          \
	{                                                                  \
		at "/*/Certificates/*", "Certificate.v1_8_0.Certificate",  \
		{                                                          \
			[METHOD_GET] = {get_certificate, PRIVILEGE_LOGIN}, \
			[METHOD_DELETE] = {                                \
				delete_certificate,                        \
				MEDIA                                      \
			}                                                  \
		}                                                          \
	}

const char redfish_root_type[] = "ServiceRoot.v1_19_0.ServiceRoot";

const struct redfish_resource redfish_resources[] = {
    {"/redfish", NULL, {[METHOD_GET] = {get_versions, PRIVILEGE_NONE}}},
    {"/redfish/v1", redfish_root_type,
	{[METHOD_GET] = {get_root, PRIVILEGE_NONE}}},
    {"/redfish/v1/odata", NULL, {[METHOD_GET] = {get_odata, PRIVILEGE_NONE}}},
    {"/redfish/v1/$metadata", NULL,
	{[METHOD_GET] = {get_metadata, PRIVILEGE_NONE}}},
    {"/redfish/v1/Systems", "ComputerSystemCollection.ComputerSystemCollection",
	{[METHOD_GET] = {get_systems, PRIVILEGE_LOGIN}}},
    {"/redfish/v1/Systems/system", "ComputerSystem.v1_22_0.ComputerSystem",
	{[METHOD_GET] = {get_system, PRIVILEGE_LOGIN},
	    [METHOD_PATCH] = {patch_system, PRIVILEGE_CONFIGURE_COMPONENTS}}},
    {"/redfish/v1/Systems/system/Actions/ComputerSystem.Reset", NULL,
	{[METHOD_POST] = {post_reset, PRIVILEGE_CONFIGURE_COMPONENTS}}},
    {"/redfish/v1/Managers", "ManagerCollection.ManagerCollection",
	{[METHOD_GET] = {get_managers, PRIVILEGE_LOGIN}}},
    {"/redfish/v1/Managers/bmc", "Manager.v1_19_0.Manager",
	{[METHOD_GET] = {get_manager, PRIVILEGE_LOGIN}}},
    SLOTS("/redfish/v1/Systems/system/VirtualMedia"),
    SLOTS("/redfish/v1/Managers/bmc/VirtualMedia"),
    {NULL, NULL, {{NULL, PRIVILEGE_NONE}}},
};

/* The end of the part of a path that begins here. */
static size_t
part_length(const char *path)
{
	return strcspn(path, "/");
}

static bool
matches(const char *pattern, const char *path,
    char part[REDFISH_PARTS][REDFISH_PART_SIZE])
{
	unsigned stars = 0;
	size_t len;

	for (; *pattern == '/' && *path == '/'; pattern++, path++) {
		len = part_length(path + 1);
		if (pattern[1] == '*') {
			if (len == 0 || len >= REDFISH_PART_SIZE)
				return false;
			snprintf(part[stars++], REDFISH_PART_SIZE, "%.*s",
			    (int)len, path + 1);
		} else if (len != part_length(pattern + 1) ||
			   strncmp(pattern + 1, path + 1, len) != 0) {
			return false;
		}
		pattern += part_length(pattern + 1);
		path += len;
	}
	return *pattern == '\0' && *path == '\0';
}

const struct redfish_resource *
redfish_find(const char *path, char part[REDFISH_PARTS][REDFISH_PART_SIZE])
{
	const struct redfish_resource *r;

	for (r = redfish_resources; r->pattern != NULL; r++)
		if (matches(r->pattern, path, part))
			return r;
	return NULL;
}

size_t
redfish_namespace(const char *type)
{
	const char *dot = strrchr(type, '.');

	return dot != NULL ? (size_t)(dot - type) : strlen(type);
}

const char *
redfish_allow(const struct redfish_resource *r, char buf[64])
{
	unsigned i;
	int len = 0;

	*buf = '\0';
	for (i = 0; i < REDFISH_METHODS; i++)
		if (r->methods[i].answer != NULL)
			len += snprintf(buf + len, 64 - (size_t)len, "%s%s%s",
			    len > 0 ? ", " : "", names[i],
			    i == METHOD_GET ? ", HEAD" : "");
	return buf;
}

const char *
redfish_root_member(const struct redfish_resource *r)
{
	static const char root[] = "/redfish/v1/";
	const char *name = r->pattern + sizeof(root) - 1;

	if (r->type == NULL || strncmp(r->pattern, root, sizeof(root) - 1) != 0)
		return NULL;
	return strchr(name, '/') == NULL ? name : NULL;
}

int
redfish_method(const char *name)
{
	int i;

	if (strcmp(name, "HEAD") == 0)
		return METHOD_GET;
	for (i = 0; i < REDFISH_METHODS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}
