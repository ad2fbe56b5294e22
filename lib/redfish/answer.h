/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The body of an answer: what the functions of all resources begin and end with.
 */
#ifndef VM_REDFISH_ANSWER_H
#define VM_REDFISH_ANSWER_H

#include "redfish/redfish.h"

/*
 * Begin the resource that was asked for: status 200, and a body with @odata.id,
 * @odata.type, Id and Name. The caller writes its other properties to r->body
 * (json-text.h). The end adds @odata.etag and sets the header ETag.
 */
void answer_begin(struct redfish *r, const char *id, const char *name);
void answer_end(struct redfish *r);

/*
 * Begin a collection in the same way, with its members' number; write each by
 * answer_member(), which puts the path of a member behind the collection's own.
 */
void answer_begin_collection(
    struct redfish *r, const char *name, unsigned members);
void answer_member(struct redfish *r, const char *id);
void answer_end_collection(struct redfish *r);

/* The whole body of a collection: the last parts of its members' paths, which end
 * with a NULL. */
void answer_collection(
    struct redfish *r, const char *name, const char *const members[]);

/* Write a member that is an array of words, which end with a NULL. */
void answer_words(
    struct redfish *r, const char *name, const char *const words[]);

/* Write Status: enabled and healthy. */
void answer_status(struct redfish *r);

/* Say that there is no such resource: 404. */
void answer_missing(struct redfish *r);

/* Write the member `name` that links to a path: {"@odata.id": "/redfish/v1/..."},
 * printf(3)-wise. A name of NULL makes an element of an array. */
void answer_link(struct redfish *r, const char *name, const char *path, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Add a value to the ETag of the resource: of those that a PATCH can change, and
 * of no other. A resource where this was never called has an ETag of its whole
 * body; that is right only if nothing in it changes by itself.
 */
void etag_add(struct redfish *r, const char *value);

/*
 * Does a header If-Match or If-None-Match name this ETag? A list, `*`, weak ETags
 * and ones without quotation marks count too (RFC 9110 section 13.1.1; clients
 * send them).
 */
bool etag_matches(const char *header, const char *etag);

#endif
