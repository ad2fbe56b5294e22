/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The bytes of a body, into the file of an upload.
 */
#ifndef VM_UPLOAD_RECEIVE_H
#define VM_UPLOAD_RECEIVE_H

#include "upload/upload.h"

/*
 * Become the only writer of an open upload, until its descriptors are closed. An
 * older connection that is the writer is ended: whoever comes back after a cut must
 * not wait until the server has noticed it. Then cut off the bytes that do not count
 * (store/mark.h), and set t->offset to those that are there. Returns false after
 * upload_refuse().
 */
bool receive_begin(struct upload *, struct upload_target *t);

/*
 * Receive the body of u->http at t->offset, which goes on with the bytes. What
 * arrives before a cut is kept; but with a checksum all of the body is, or nothing
 * of it. Returns whether all of it is there, and on the disk; or false after
 * upload_refuse().
 */
bool receive_body(struct upload *, struct upload_target *t);

#endif
