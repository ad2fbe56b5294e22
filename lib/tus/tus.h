/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The requests of tus 1.0.0 (tus.io/protocols/resumable-upload), a protocol for
 * uploads that continue after a broken connection: core, creation,
 * creation-with-upload, checksum, expiration and termination. Two more requests
 * are not part of tus: a plain PUT, which is a whole upload, and a POST of
 * JSON, which names an image to fetch.
 *
 * This folder turns a request's headers into values, or into the HTTP status
 * that refuses them, without I/O or allocation. It does not know what an upload
 * is, or who may make one.
 */
#ifndef VM_TUS_TUS_H
#define VM_TUS_TUS_H

#include <stdbool.h>
#include <stdint.h>

#include "http/cgi.h"
#include "tus/checksum.h"

#define TUS_VERSION "1.0.0"
#define TUS_EXTENSIONS \
	"creation,creation-with-upload,checksum,expiration,termination"
#define TUS_TYPE "application/offset+octet-stream"

#define TUS_PATH	"/images"
#define TUS_ID_SIZE	17  /* 16 hex digits, and a NUL */
#define TUS_NAME_SIZE	256 /* bytes of a name, the NUL included */
#define TUS_OWNER_SIZE	32  /* likewise */
#define TUS_SHA256_SIZE 65  /* 64 hex digits, and a NUL */

enum tus_method {
	TUS_OPTIONS,
	TUS_HEAD,
	TUS_GET,
	TUS_POST,
	TUS_PATCH,
	TUS_PUT,
	TUS_DELETE,
	TUS_METHODS /* any other method */
};

/* What the path names. */
enum tus_place {
	TUS_NOWHERE,
	TUS_STORE, /* /images */
	TUS_ID,	   /* /images/ID */
	TUS_NAME   /* /images/NAME, for a PUT */
};

struct tus_request {
	enum tus_method method;
	enum tus_place place;
	char id[TUS_ID_SIZE]; /* if `place` is TUS_ID */
	char name
	    [TUS_NAME_SIZE]; /* of a POST or PUT: what the image is called */
	char owner[TUS_OWNER_SIZE]; /* of a POST; "": the client is the owner */
	char sha256[TUS_SHA256_SIZE]; /* of the image, in small letters; "" */
	const char *metadata;	      /* as it was sent; NULL: none */
	bool is_fetch;	 /* a POST of JSON: fetch an image from a server */
	bool has_length; /* Upload-Length was sent, or this is a PUT */
	uint64_t length; /* of the image, in bytes */
	uint64_t offset; /* of a PATCH: where its body belongs */
	struct tus_checksum checksum; /* of the body */
};

/*
 * Parse a request. Returns 0; or the HTTP status that refuses it: 400, 404,
 * 405, 409, 412, 413 or 415, and *why is then a constant sentence for people.
 * The method and the place are set as far as they are known.
 */
int tus_take(
    const struct cgi_request *, struct tus_request *, const char **why);

/* The methods that a place has, for the header Allow. */
const char *tus_allow(enum tus_place);

#endif
