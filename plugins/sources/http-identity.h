/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Which image a server's answer is about: what was learnt from the first
 * answer, and whether a later one is about the same image. No I/O and no
 * allocation.
 *
 * Answers are compared by the kind of validator that the first one had (RFC
 * 9110 section 8.8): its ETag, weak or strong, else Last-Modified, else none.
 * ETags are compared weakly (section 8.8.3.2): Apache sends W/"x" for a file
 * that was changed a second ago, and "x" afterwards.
 *
 * Another validator does not prove another image: each server behind a load
 * balancer, and each mirror, may have its own. The caller then compares bytes,
 * and the identity accepts several validators.
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
	 * The first `accepted` ones are the image's; those behind are on
	 * trial. If there are as many as fit, the server's validators change
	 * all the time; from then on (`ignored`) only the size is compared.
	 */
	struct http_mark {
		char value[HTTP_VALUE_MAX]; /* "": the answer had none */
		bool is_encoded;
	} marks[HTTP_VALIDATORS_MAX];
	unsigned accepted, count;
	bool ignored;
};

/* Take the validator, and the size if it is told, from the first answer. */
void http_identity_learn(struct http_identity *, const struct http_answer *);

/* Has this answer, which may omit the size, another size? */
bool http_identity_has_other_size(
    const struct http_identity *, const struct http_answer *);

/* Has this answer a validator that was accepted? */
bool http_identity_knows(
    const struct http_identity *, const struct http_answer *);

/* Put this answer's validator on trial. */
void http_identity_try(struct http_identity *, const struct http_answer *);

/* The bytes of those on trial were compared, and are the image's. */
void http_identity_accept(struct http_identity *);

/* List those accepted beside the first, as source_info.adopted. */
void http_identity_list(
    const struct http_identity *, char text[HTTP_IDENTITY_LIST_MAX]);

#endif
