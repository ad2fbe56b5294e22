/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The body of an answer: how the functions of all resources begin and end it.
 */
#ifndef VM_REDFISH_ANSWER_H
#define VM_REDFISH_ANSWER_H

#include "redfish/redfish.h"

/*
 * Begin the resource that was requested: status 200, and a body with @odata.id,
 * @odata.type, Id and Name. The caller writes the other properties to r->body
 * (json-text.h). answer_end() adds @odata.etag and sets the header ETag.
 */
void answer_begin(struct redfish *r, const char *id, const char *name);
void answer_end(struct redfish *r);

/*
 * Begin a collection in the same way, with the number of its members. Write
 * each member by answer_member(), which appends its id to the path of the
 * collection.
 */
void answer_begin_collection(
    struct redfish *r, const char *name, unsigned members);
void answer_member(struct redfish *r, const char *id);
void answer_end_collection(struct redfish *r);

/* Write the whole body of a collection. `members` has the last part of each
 * member's path, and ends with a NULL. */
void answer_collection(
    struct redfish *r, const char *name, const char *const members[]);

/* Write a member that is an array of words; a NULL ends `words`. */
void answer_words(
    struct redfish *r, const char *name, const char *const words[]);

/* Write Status: enabled and healthy. */
void answer_status(struct redfish *r);

/* Say that there is no such resource: 404. */
void answer_missing(struct redfish *r);

/* Write the member `name` that links to a path:
 * {"@odata.id": "/redfish/v1/..."}. The path is a format of printf(3). A name
 * of NULL makes an element of an array. */
void answer_link(struct redfish *r, const char *name, const char *path, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Add a value to the ETag of the resource: each value that a PATCH can change,
 * and no other. A resource that never calls this has an ETag of its whole body;
 * that is right only if nothing in the body changes by itself.
 */
void etag_add(struct redfish *r, const char *value);

/*
 * Does a header If-Match or If-None-Match name this ETag? The header may have a
 * list, `*`, weak ETags, and ETags without quotation marks (RFC 9110 section
 * 13.1.1; clients send them).
 */
bool etag_matches(const char *header, const char *etag);

#endif
