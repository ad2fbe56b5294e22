/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A resource: the path by which it is found, its type and its methods.
 */
#ifndef VM_REDFISH_RESOURCE_H
#define VM_REDFISH_RESOURCE_H

#include "redfish/redfish.h"

/* The type of the service root. */
#define REDFISH_ROOT_TYPE "ServiceRoot.v1_19_0.ServiceRoot"

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
 * The resource of a table (resources.h) with that path, which has no slash at
 * its end; NULL if there is none. part[] is set to the parts of the path that
 * match the asterisks of the pattern.
 */
const struct redfish_resource *redfish_find(
    const struct redfish_resource *table, const char *path,
    char part[REDFISH_PARTS][REDFISH_PART_SIZE]);

/*
 * The name of a resource that the service root links to ("Managers" of
 * /redfish/v1/Managers); NULL if it lies elsewhere.
 */
const char *redfish_root_member(const struct redfish_resource *);

/* The length of the namespace of a type: of "Manager.v1_23_0" in
 * "Manager.v1_23_0.Manager". */
size_t redfish_namespace(const char *type);

/* Write the methods of a resource for the header Allow, "GET, HEAD, PATCH", to
 * buf. Returns buf. */
const char *redfish_allow(const struct redfish_resource *, char buf[64]);

/* The method of that name; -1 if no resource has such a method. */
int redfish_method(const char *name);

/* Put the answer of a GET of the requested resource into *now; the resource
 * must have that method. The caller calls redfish_free(). */
void redfish_get_now(const struct redfish *, struct redfish *now);

/* Does a GET of the requested resource have that property now? */
bool redfish_has_property(const struct redfish *, const char *name);

#endif
