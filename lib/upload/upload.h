/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Uploads into the image store, by tus or a plain PUT: a request and its answer.
 *
 * This folder is for vm-upload, which runs as a user of its own and believes
 * nobody. Who the client is, and what it may, vm-door says; vm-door also makes,
 * removes and finishes uploads, and passes the descriptors that the bytes go to.
 *
 * How far an upload is, its file says: the offset is the size of `data`. The file
 * `offset` beside it (store/mark.h) says which of its last bytes may have to be sent
 * again. What ends a process at any moment loses nothing else.
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
	uint64_t size;	 /* that was announced */
	uint64_t offset; /* bytes that are there */
	int64_t expires; /* seconds since 1970; 0: never, it is an image */
	int64_t keep;	 /* seconds that it is kept after the last byte */
	bool is_open;	 /* these descriptors are there, else -1 */
	int data, mark;	 /* the files `data` and `offset` */
	int door;	 /* readable when the client's right has ended */
};

struct upload {
	struct cgi_request *http;
	int in;	       /* where the body comes from */
	unsigned idle; /* seconds without a byte, after which it ends */
	struct tus_request tus;
	uint64_t taken;			/* bytes of the body that were read */
	struct credentials credentials; /* of the client */
	/* The answer. */
	int status;
	char error[UPLOAD_TEXT_SIZE]; /* "": none */
	int retry_after;	      /* seconds; 0: none */
	char location[64];	      /* "": none */
	bool has_offset, has_length;
	bool is_configuration; /* of an OPTIONS */
	bool has_room;	       /* then with the largest size of an upload */
	uint64_t room;
	uint64_t offset, length;
	int64_t expires;		     /* seconds since 1970; 0: none */
	char metadata[TUS_METADATA_MAX + 1]; /* "": none */
	char *text; /* the body, JSON, for free(3); NULL: none */
};

/* Say why the answer is no, printf(3)-wise. Returns false. */
bool upload_refuse(struct upload *u, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Erase and free what *u has. */
void upload_free(struct upload *u);

#endif
