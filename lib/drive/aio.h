/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Transfers on the endpoints of FunctionFS, several at once (io_submit(2);
 * drivers/usb/gadget/function/f_fs.c). Transfers of one endpoint are carried out in
 * their order, the next one without a pause.
 */
#ifndef VM_DRIVE_AIO_H
#define VM_DRIVE_AIO_H

#include <sys/uio.h>

#include <linux/aio_abi.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Transfers under way: more than a piece is divided into. */
#define AIO_DEPTH 64

struct aio {
	aio_context_t context;
	int event; /* watch it for EPOLLIN, by EPOLLET since nobody reads it: something
		    * has ended, quiet ones aside */
	unsigned under_way;
	struct iocb blocks[AIO_DEPTH];
	struct {
		bool is_used;
		unsigned tag;
		struct iovec parts[2];
	} states[AIO_DEPTH];	       /* of the blocks */
	struct iocb *queue[AIO_DEPTH]; /* to be submitted, in their order */
	unsigned queued;
	struct io_event ends[AIO_DEPTH]; /* to be told, in their order */
	unsigned first_end, end_count;
};

/* A transfer that has ended. */
struct aio_end {
	unsigned tag; /* the caller's */
	int64_t
	    result; /* bytes; or minus an errno, ESHUTDOWN if the host is gone */
};

/* Returns 0, or -1 with errno as of io_setup(2) and eventfd(2). */
int aio_open(struct aio *);

/*
 * Queue bytes to be sent by an IN endpoint, or to be received by an OUT endpoint.
 * The bytes stay the caller's and must live until the end. Returns 0, or -1 where
 * too many are under way. The end of a quiet one wakes nobody: aio_next() tells of it
 * when something else has happened, and each wake costs as much as a command.
 */
int aio_send(struct aio *, int fd, const void *bytes, size_t len, unsigned tag);
int aio_send_quietly(
    struct aio *, int fd, const void *bytes, size_t len, unsigned tag);
int aio_receive(struct aio *, int fd, void *bytes, size_t len, unsigned tag);

/* As aio_send_quietly(), of two parts in one transfer: packets do not know of parts. */
int aio_send_parts(
    struct aio *, int fd, const struct iovec parts[2], unsigned tag);

/* Begin all that is queued, by one system call. What can't be begun ends with minus
 * an errno: EAGAIN (the endpoint is not enabled), ESHUTDOWN, ENOMEM; and what is
 * behind it in the queue with ECANCELED. */
void aio_begin(struct aio *);

/* Take one that has ended, without waiting. Returns 1; or 0 if there is none. */
int aio_next(struct aio *, struct aio_end *);

/* Does aio_next() have something to tell, of which the event does not? */
bool aio_has_ends(const struct aio *);

/* Cancel the transfers with this tag: each ends, with -ECONNRESET or what it had
 * come to. */
void aio_cancel(struct aio *, unsigned tag);

/* Cancel all, and wait until they have ended. */
void aio_cancel_all(struct aio *);

#endif
