/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Read the default export of an NBD server (NBD protocol, doc/proto.md), which
 * is our own nbdkit. Like export-size.h, this does not use libnbd, which would
 * keep 5 MB in memory.
 */
#ifndef VM_NBD_READ_EXPORT_H
#define VM_NBD_READ_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#define READ_EXPORT_MAX (1u << 20) /* bytes of one read */

/*
 * Do the handshake on a connected socket. Returns 0 and *size in bytes; or -1
 * with errno: EPIPE if the server has closed the connection, EPROTO if it is no
 * NBD server.
 */
int read_export_begin(int fd, uint64_t *size);

/*
 * Read len bytes, at most READ_EXPORT_MAX, at off. Returns 0; or -1 with errno
 * as above, or EIO if the server could not read them.
 */
int read_export(int fd, void *buf, size_t len, uint64_t off);

/*
 * The same in steps: the caller can have several requests in progress. Send
 * each request, with a cookie of the caller's choice, without waiting. Then
 * wait for the next answer, which may be to any request: *cookie tells to
 * which. Then read the bytes of this request. Each returns 0, or -1 with errno
 * as above.
 */
int read_export_request(int fd, uint64_t cookie, size_t len, uint64_t off);
int read_export_answer(int fd, uint64_t *cookie);
int read_export_bytes(int fd, void *buf, size_t len);

#endif
