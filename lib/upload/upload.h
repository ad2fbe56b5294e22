/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Uploads into the image store, by tus or a plain PUT: a request and its
 * answer.
 *
 * This folder is for vm-upload, which runs as its own user and trusts no
 * client. vm-door says who the client is and what it may do; vm-door also
 * makes, removes and finishes uploads, and passes the descriptors of the files
 * that receive the bytes.
 *
 * The files of an upload say how far it is: the offset is the size of `data`,
 * and the file `offset` beside it (store/mark.h) says which of the last bytes
 * may have to be sent again. If a process ends at any moment, nothing else is
 * lost.
 */
#ifndef VM_UPLOAD_UPLOAD_H
#define VM_UPLOAD_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "http/credentials.h"
#include "tus/metadata.h"
#include "tus/tus.h"

#define UPLOAD_TEXT_SIZE 1024 /* bytes of a sentence for people */

/* An upload that vm-door has opened. */
struct upload_target {
	char id[TUS_ID_SIZE];
	uint64_t size;	 /* as the client announced it */
	uint64_t offset; /* bytes that are there */
	int64_t expires; /* seconds since 1970; 0: never, it is an image */
	int64_t keep;	 /* seconds that it is kept after the last byte */
	bool is_open;	 /* data and mark are open; else they are -1 */
	int data, mark;	 /* the files `data` and `offset` */
	int door;	 /* readable when the client's right has ended */
};

struct upload {
	struct cgi_request *http;
	int in;	       /* where the body comes from */
	unsigned idle; /* seconds without a byte, after which the upload ends */
	struct tus_request tus;
	uint64_t taken;			/* bytes of the body that were read */
	struct credentials credentials; /* of the client */
	/* The answer. */
	int status;
	char error[UPLOAD_TEXT_SIZE]; /* "": none */
	int retry_after;	      /* seconds; 0: none */
	char location[64];	      /* "": none */
	bool has_offset, has_length;
	bool is_configuration; /* the answer to an OPTIONS */
	bool has_room; /* `room` is set: the largest size of an upload */
	uint64_t room;
	uint64_t offset, length;
	int64_t expires;		     /* seconds since 1970; 0: none */
	char metadata[TUS_METADATA_MAX + 1]; /* "": none */
	char *text; /* the body, JSON; upload_free() frees it; NULL: none */
};

/* Refuse the request with this status and reason (a format of printf(3)).
 * Returns false. */
bool upload_refuse(struct upload *u, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Erase and free what *u has. */
void upload_free(struct upload *u);

#endif
