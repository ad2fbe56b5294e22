/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A connection to a peer, in the plain or under TLS, that never blocks: what a
 * socket is to a program that has one. Bytes in, bytes out, and what to wait
 * for with poll(2).
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
	int in, out;	 /* the same, where it is a socket */
	struct tls *tls; /* NULL: plain */

	/* Records as they came, on their way into the engine. */
	unsigned char raw[32 * 1024];
	size_t raw_at, raw_end;
	bool ended;    /* nothing more comes in */
	int error;     /* errno of what broke it; 0: nothing did */
	int tls_error; /* BearSSL's; 0: none */
	bool was_shut; /* by us: wire_shut() */
};

/*
 * Make a wire of descriptors, which become non-blocking and stay the caller's
 * to close, as the engine is his to keep.
 */
void wire_init(struct wire *, int in, int out, struct tls *);

/*
 * Of a TCP socket: nothing is held back, and a silent peer is asked after by
 * TCP itself (RFC 9293 section 3.8.4). Others don't mind. (TCP_USER_TIMEOUT is
 * no way to notice one that is gone: since Linux 5.11 it ends a connection
 * whose peer does not read for so long, though its machine answers.)
 */
void wire_tune(int fd);

/*
 * Is the machine of a TCP peer gone? What waits for it was sent twice at
 * least, and nothing has come from there, not even an acknowledgement, for
 * WIRE_GONE_MS. False where nobody knows (no TCP).
 */
#define WIRE_GONE_MS 30000
bool wire_is_gone(const struct wire *);

/* What poll(2) is to wait for, in WIRE_FDS entries (fd -1 where nothing). */
void wire_wait(
    const struct wire *, bool reads, bool writes, struct pollfd fds[WIRE_FDS]);

/* May there be bytes to be read without a wait? poll(2) doesn't know. */
bool wire_has_more(const struct wire *);

/*
 * As read(2) and write(2) on a socket that does not block: the number of
 * bytes; 0 at the end of what comes; -1 with errno, EAGAIN where one has to
 * wait. An end under TLS that was not said (RFC 5246 section 7.2.1) is
 * ECONNRESET. EPROTO: TLS failed, and tls_error says how.
 */
ssize_t wire_read(struct wire *, void *buf, size_t size);
ssize_t wire_write(struct wire *, const void *buf, size_t len);

/* Send what waits to be sent. Returns 0 when all of it is, -1 with errno. */
int wire_flush(struct wire *);

/* Say that nothing more comes from us, as far as there is room for that. */
void wire_shut(struct wire *);

/* Why a call failed with errno; a constant text. */
const char *wire_why(const struct wire *);

/*
 * The same with a wait, until `deadline` of clock_ms(): all of buf is written;
 * at least a byte is read. Returns 0 or the number of bytes; -1 with errno,
 * ETIMEDOUT among it.
 */
int wire_write_all(
    struct wire *, const void *buf, size_t len, int64_t deadline);
ssize_t wire_read_some(struct wire *, void *buf, size_t size, int64_t deadline);

#endif
