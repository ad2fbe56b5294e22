/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The table of all resources.
 */
#ifndef VM_REDFISH_RESOURCES_H
#define VM_REDFISH_RESOURCES_H

#include "redfish/redfish.h"

enum redfish_method {
	METHOD_GET, /* and HEAD */
	METHOD_POST,
	METHOD_PATCH,
	METHOD_DELETE,
	REDFISH_METHODS
};

struct redfish_handler {
	void (*answer)(struct redfish *); /* NULL: there is no such method */
	enum redfish_privilege privilege; /* that the client needs */
};

struct redfish_resource {
	const char *pattern; /* `*` stands for one part of the path */
	const char *type;    /* "Manager.v1_23_0.Manager"; NULL: it has none */
	struct redfish_handler methods[REDFISH_METHODS];
};

/*
 * The resource with that path, which has no slash at its end; NULL if there is
 * none. part[] is what the asterisks of its pattern stand for.
 */
const struct redfish_resource *redfish_find(
    const char *path, char part[REDFISH_PARTS][REDFISH_PART_SIZE]);

/* All of them, the last with a NULL for its pattern. */
extern const struct redfish_resource redfish_resources[];

/*
 * The name of a resource that the service root links to ("Managers" of
 * /redfish/v1/Managers); NULL if it lies elsewhere.
 */
const char *redfish_root_member(const struct redfish_resource *);

/* How long the namespace of a type is: "Manager.v1_23_0" of its "...Manager". */
size_t redfish_namespace(const char *type);

/* The headers' "GET, HEAD, PATCH" of a resource, into buf. Returns buf. */
const char *redfish_allow(const struct redfish_resource *, char buf[64]);

/* The method of that name; -1 if no resource has such a one. */
int redfish_method(const char *name);

/* The type of the service root. */
extern const char redfish_root_type[];

/* --- their functions, by file --------------------------------------------- */

void get_versions(struct redfish *); /* service.c */
void get_root(struct redfish *);
void get_odata(struct redfish *);
void get_metadata(struct redfish *); /* metadata.c */
void get_schema(struct redfish *);
void get_registries(struct redfish *); /* registries.c */
void get_registry(struct redfish *);
void get_registry_file(struct redfish *);
void get_session_service(struct redfish *); /* sessions.c */
void patch_session_service(struct redfish *);
void get_sessions(struct redfish *);
void post_sessions(struct redfish *);
void get_session(struct redfish *);
void delete_session(struct redfish *);
void get_account_service(struct redfish *); /* account-service.c */
void patch_account_service(struct redfish *);
void get_roles(struct redfish *); /* roles.c */
void get_role(struct redfish *);
void get_accounts(struct redfish *); /* accounts.c */
void post_accounts(struct redfish *);
void get_account(struct redfish *);
void patch_account(struct redfish *);
void delete_account(struct redfish *);

void get_systems(struct redfish *); /* machine.c */
void get_system(struct redfish *);
void get_managers(struct redfish *);
void get_manager(struct redfish *);
void patch_system(struct redfish *); /* host.c */
void post_reset(struct redfish *);
void get_media_collection(struct redfish *); /* media-get.c */
void get_media(struct redfish *);
void patch_media(struct redfish *); /* media-change.c */
void post_insert(struct redfish *);
void post_eject(struct redfish *);
void get_certificates(struct redfish *); /* certificates.c */
void get_certificate(struct redfish *);
void post_certificates(struct redfish *);
void delete_certificate(struct redfish *);
void get_event_service(struct redfish *); /* events.c */
void get_event_stream(struct redfish *);

#endif
