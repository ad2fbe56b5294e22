/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What vm-upload asks vm-door, in the name of its client. Each of these returns
 * false after it has refused the client's request (upload_refuse()).
 */
#ifndef VM_UPLOAD_ASK_H
#define VM_UPLOAD_ASK_H

#include "upload/upload.h"

/* Take the client's credentials from its headers. */
bool upload_take_client(struct upload *);

/* Ask how large an upload may be, in bytes. */
bool upload_room(struct upload *, uint64_t *size);

/* Make an upload with the name, size, checksum and metadata of u->tus. */
bool upload_begin(struct upload *, struct upload_target *);

/* What a client wants to be fetched. NULL: not said. */
struct upload_wish {
	const char *url, *name, *sha256, *owner;
};

/* Begin to fetch an image. Its ID goes to u->tus.id. */
bool upload_fetch(struct upload *, const struct upload_wish *);

/*
 * Look at an upload or an image, and put what a HEAD tells into the answer.
 * *is_whole: all its bytes are there, and nobody has checked them yet.
 */
bool upload_look(struct upload *, struct upload_target *, bool *is_whole);

/*
 * Open an upload for writing; with `watches`, its door tells when the client's
 * right has ended. An image, and an upload that is being checked, come without
 * descriptors. The caller calls upload_close().
 */
bool upload_open(struct upload *, struct upload_target *, bool watches);
void upload_close(struct upload_target *);

/* Let the upload become an image, which goes on by itself. */
bool upload_finish(struct upload *, const char *id);

bool upload_remove(struct upload *, const char *id);

/* Put the list of images into the answer; or, of them, the one with that id. */
bool upload_list(struct upload *, const char *id);

#endif
