/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Receives the bytes of a body into the file of an upload.
 */
#ifndef VM_UPLOAD_RECEIVE_H
#define VM_UPLOAD_RECEIVE_H

#include "upload/upload.h"

/*
 * Become the only writer of an open upload, until its descriptors are closed.
 * This ends an older connection that is the writer: a client that comes back
 * after a broken connection must not wait until the server has noticed the
 * break. Then cut off the bytes that do not count (store/mark.h), and set
 * t->offset to the number of the remaining bytes. Returns false after
 * upload_refuse().
 */
bool receive_begin(struct upload *, struct upload_target *t);

/*
 * Receive the body of u->http at t->offset, which grows with the bytes. If the
 * connection breaks, the bytes that have arrived are kept; but a body with a
 * checksum is kept only as a whole. Returns true if the whole body is on the
 * disk; or false after upload_refuse().
 */
bool receive_body(struct upload *, struct upload_target *t);

#endif
