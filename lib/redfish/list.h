/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Lists that vm-door answers with: JSON arrays of objects.
 */
#ifndef VM_REDFISH_LIST_H
#define VM_REDFISH_LIST_H

#include "redfish/redfish.h"

/*
 * Ask vm-door with a verb that lists something, with the client's credentials.
 * Returns the array, which the caller gives back with json_decref(); or NULL, and
 * the refusal is in *r.
 */
json_t *redfish_list(struct redfish *r, const char *verb);

/* The object of an array that has this value for this member; NULL if none has.
 * It belongs to the array. */
const json_t *redfish_list_find(
    const json_t *list, const char *member, const char *value);

/* The whole body of a collection whose members are named by that member. */
void redfish_put_list(struct redfish *r, const char *name, const json_t *list,
    const char *member);

#endif
