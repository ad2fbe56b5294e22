/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Where the bytes of a medium come from: an NBD server, with several requests under
 * way, or a local file. Nothing here waits for the network.
 *
 * The NBD handshake was made by somebody else (nbd/client.h): what is spoken here
 * is only the transmission phase with simple replies (NBD protocol, doc/proto.md,
 * "Transmission phase"). When the connection is lost, the requests stay, and are
 * sent again over the next one: all of them may be repeated.
 */
#ifndef VM_DRIVE_SOURCE_H
#define VM_DRIVE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCE_DEPTH 16 /* requests under way */

enum source_op {
	SOURCE_READ,
	SOURCE_WRITE,
	SOURCE_FLUSH,
	SOURCE_TRIM
};

/* A request. The caller's, and must live until it is done. */
struct source_request {
	enum source_op op;
	bool fua;     /* of a write: it is safe when it is done */
	bool is_done; /* then error is 0, or an errno */
	int error;
	uint64_t offset; /* bytes, as length */
	uint32_t length;
	void *bytes;
	uint32_t have;	/* internal: of the header and the bytes to send */
	uint8_t number; /* internal */
};

struct source {
	int fd;	      /* the connection or the file; -1: lost, or none */
	bool is_file; /* a regular file or block device */
	bool can_flush, can_trim, can_fua;
	struct source_request *requests[SOURCE_DEPTH];
	bool is_sent[SOURCE_DEPTH];
	int sending;   /* the number of the one that is being sent; -1: none */
	int receiving; /* the one whose bytes arrive; -1: the next is a reply */
	uint32_t have; /* bytes of that which have arrived */
	uint8_t reply[16];
};

/* A source without requests; fd becomes the source's. It is an NBD connection with
 * these transmission flags, non-blocking from now on; or a file. */
void source_start(struct source *, int fd, bool is_file, unsigned nbd_flags);

/* Go on over this connection. What was not done is sent again. */
void source_continue(struct source *, int fd);

/* Close the connection or the file. Its requests stay, unless they are dropped. */
void source_stop(struct source *);

/* Begin a request. Returns 0, or -1 where too many are under way. One of a file is
 * done at once. */
int source_begin(struct source *, struct source_request *);

/* End all requests that are not done with this error, and the connection too: replies
 * to them may be on their way. */
void source_fail_all(struct source *, int error);

/* What to watch the connection for, EPOLLIN and EPOLLOUT; 0: there is none. */
uint32_t source_events(const struct source *);

/* Send what can be now; or send, and receive. Both return 0; or -1 if the connection is
 * lost, which is closed then. */
int source_send(struct source *);
int source_move(struct source *);

#endif
