/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A connection to a peer, with or without TLS, that never blocks: bytes in,
 * bytes out, and what to wait for with poll(2), as if it were one socket.
 */
#ifndef VM_TLS_CONNECTION_H
#define VM_TLS_CONNECTION_H

#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/engine.h"

#define WIRE_FDS 2 /* entries of poll(2) that a wire takes */

struct wire {
	int in, out;	 /* one and the same for a socket */
	struct tls *tls; /* NULL: plain */

	/* Records from the peer, on their way into the engine. */
	unsigned char raw[32 * 1024];
	size_t raw_at, raw_end;
	bool ended;    /* `in` is at its end */
	int error;     /* errno that broke the connection; 0: none */
	int tls_error; /* BearSSL's; 0: none */
	bool was_shut; /* by wire_shut() */
};

/*
 * Make a connection of two descriptors, which become non-blocking. The caller
 * closes them, and keeps the engine (NULL: no TLS) as long as the wire.
 */
void wire_init(struct wire *, int in, int out, struct tls *);

/*
 * Set up a TCP socket: send at once, and let TCP probe a silent peer (RFC 9293
 * section 3.8.4). It does nothing to other descriptors. (TCP_USER_TIMEOUT can't
 * detect a dead peer: since Linux 5.11 it also ends a connection whose peer
 * only does not read for that long.)
 */
void wire_tune(int fd);

/*
 * Is the machine of a TCP peer gone? True where data or probes were sent to it
 * at least twice, and it has sent nothing, not even an acknowledgement, for
 * WIRE_GONE_MS. False for other descriptors.
 */
#define WIRE_GONE_MS 30000
bool wire_is_gone(const struct wire *);

/* Fill WIRE_FDS entries with what poll(2) must wait for (fd -1: nothing). */
void wire_wait(
    const struct wire *, bool reads, bool writes, struct pollfd fds[WIRE_FDS]);

/* Are there bytes to read that poll(2) can't see, because we hold them? */
bool wire_has_more(const struct wire *);

/*
 * As read(2) and write(2) on a non-blocking socket: the number of bytes; 0 at
 * the end of what the peer sends; -1 with errno, EAGAIN where the caller must
 * wait. ECONNRESET is also an end without TLS's close_notify (RFC 5246 section
 * 7.2.1). EPROTO: TLS failed, and tls_error says how.
 */
ssize_t wire_read(struct wire *, void *buf, size_t size);
ssize_t wire_write(struct wire *, const void *buf, size_t len);

/* Send what TLS holds back. Returns 0 once all is sent; or -1 with errno. */
int wire_flush(struct wire *);

/* End what we send, under TLS with a close_notify if there is room for it. */
void wire_shut(struct wire *);

/* Why the last call failed; a constant text. */
const char *wire_why(const struct wire *);

/*
 * Write all of buf, or read at least one byte (0: the end), and wait for it
 * until `deadline` of clock_ms(). Return 0 or the number of bytes; or -1 with
 * errno, ETIMEDOUT past the deadline.
 */
int wire_write_all(
    struct wire *, const void *buf, size_t len, int64_t deadline);
ssize_t wire_read_some(struct wire *, void *buf, size_t size, int64_t deadline);

#endif
