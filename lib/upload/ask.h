/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What vm-upload asks vm-door on behalf of its client. Each of these functions
 * returns false after it has refused the client's request (upload_refuse()).
 */
#ifndef VM_UPLOAD_ASK_H
#define VM_UPLOAD_ASK_H

#include "upload/upload.h"

/* Take the client's credentials from its headers. */
bool upload_take_client(struct upload *);

/* Ask how large an upload may be, in bytes. */
bool upload_room(struct upload *, uint64_t *size);

/* Make an upload with the name, size, checksum, owner and metadata of
 * u->tus. */
bool upload_begin(struct upload *, struct upload_target *);

/* The image that a client wants to be fetched. NULL: the client did not say. */
struct upload_wish {
	const char *url, *name, *sha256, *owner;
};

/* Begin to fetch an image. Its ID goes to u->tus.id. */
bool upload_fetch(struct upload *, const struct upload_wish *);

/*
 * Ask for the state of an upload or an image: into the target, and the metadata
 * into the answer. *is_whole: all bytes of an upload are there, and no check of
 * them is running or has failed.
 */
bool upload_look(struct upload *, struct upload_target *, bool *is_whole);

/*
 * Open an upload for writing. With `watches`, the target's `door` becomes
 * readable when the client's right has ended. An image, or an upload that is
 * being checked, comes without descriptors. The caller calls upload_close().
 */
bool upload_open(struct upload *, struct upload_target *, bool watches);
void upload_close(struct upload_target *);

/* Ask vm-door to make the upload an image, which happens in the background. */
bool upload_finish(struct upload *, const char *id);

bool upload_remove(struct upload *, const char *id);

/* Put the image with that id into the answer, or the list of all images if id
 * is NULL. */
bool upload_list(struct upload *, const char *id);

#endif
