/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The identity of an image: what the first answer says about it, and whether a
 * later answer is about the same image. No I/O and no allocation.
 *
 * Answers are compared by the kind of validator that the first one had (RFC
 * 9110 section 8.8): its ETag, weak or strong, or else Last-Modified, or else
 * nothing. ETags are compared weakly (section 8.8.3.2): Apache sends W/"x" for
 * a file that was changed a second ago, and "x" afterwards.
 *
 * A different validator does not prove a different image: each server behind a
 * load balancer, and each mirror, may have its own. The caller then compares
 * bytes, and the identity accepts several validators.
 */
#ifndef VM_SOURCES_HTTP_IDENTITY_H
#define VM_SOURCES_HTTP_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "sources/http-response.h"

#define HTTP_VALIDATORS_MAX    8
#define HTTP_IDENTITY_LIST_MAX (HTTP_VALIDATORS_MAX * HTTP_VALUE_MAX)

struct http_identity {
	uint64_t size; /* bytes; 0: not known yet */
	enum http_validator kind;
	char shown[HTTP_VALUE_MAX]; /* the first validator, for people */
	bool is_weak;		    /* equal validators may hide a change */
	/*
	 * The first `accepted` marks are the image's; those after them are on
	 * trial. If the array is full, the server's validators change all the
	 * time, and from then on (`ignored`) only the size is compared.
	 */
	struct http_mark {
		char value[HTTP_VALUE_MAX]; /* "": the answer had none */
		bool is_encoded;
	} marks[HTTP_VALIDATORS_MAX];
	unsigned accepted, count;
	bool ignored;
};

/* Take the validator, and the size if it is known, from the first answer. */
void http_identity_learn(struct http_identity *, const struct http_answer *);

/* Does this answer, which may omit the size, have another size? */
bool http_identity_has_other_size(
    const struct http_identity *, const struct http_answer *);

/* Does this answer have an accepted validator? */
bool http_identity_knows(
    const struct http_identity *, const struct http_answer *);

/* Put this answer's validator on trial. */
void http_identity_try(struct http_identity *, const struct http_answer *);

/* Accept the validators on trial, because the bytes are the image's. */
void http_identity_accept(struct http_identity *);

/* List the accepted validators except the first, as source_info.adopted has
 * them. */
void http_identity_list(
    const struct http_identity *, char text[HTTP_IDENTITY_LIST_MAX]);

#endif
