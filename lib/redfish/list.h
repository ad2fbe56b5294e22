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
 * Returns the array, which the caller frees by json_decref(); NULL if the
 * refusal is in *r.
 */
json_t *redfish_list(struct redfish *r, const char *verb);

/* The object of an array that has this value for this member; NULL if none has.
 * It belongs to the array. */
const json_t *redfish_list_find(
    const json_t *list, const char *member, const char *value);

/* Write the whole body of a collection. `member` holds the id of each
 * object of the list. */
void redfish_put_list(struct redfish *r, const char *name, const json_t *list,
    const char *member);

#endif
