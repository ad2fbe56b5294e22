/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Ask an NBD server for the size of its default export, and nothing more (NBD
 * protocol, doc/proto.md, "Newstyle negotiation", NBD_OPT_EXPORT_NAME). The
 * server is our own nbdkit. This does not use libnbd: vm-fetchd lives as long
 * as its image, and libnbd would keep 5 MB of libxml2 and ICU in memory.
 */
#ifndef VM_NBD_EXPORT_SIZE_H
#define VM_NBD_EXPORT_SIZE_H

#include <stddef.h>
#include <stdint.h>

#define EXPORT_SIZE_ANSWER 28 /* bytes: greeting 18, size 8, flags 2 */

struct export_size {
	int fd; /* poll it for POLLIN; -1: no question is open */
	size_t have;
	unsigned char answer[EXPORT_SIZE_ANSWER];
};

/*
 * Connect to the server's Unix socket and ask. Returns 0; or -1 with errno as
 * of connect_unix() and send(2), and no question open.
 */
int export_size_ask(struct export_size *, const char *path);

/*
 * Read what has arrived of the answer, without waiting. Returns 1 with *size in
 * bytes; 0 if more must come; or -1 with errno: EPIPE if the server closed the
 * connection, because it cannot serve the export; EPROTO if it is no NBD
 * server. After 1 and -1 the question is closed.
 */
int export_size_take(struct export_size *, uint64_t *size);

/* Close the question, if one is open. */
void export_size_close(struct export_size *);

#endif
