/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tls/connection.h"

#define FILLS_MAX 16 /* reads, before the caller looks at the time again */
#define IDLE_S	  30 /* of silence, after which TCP probes the peer */
#define AGAIN_S	  10 /* between its probes */

void
wire_init(struct wire *w, int in, int out, struct tls *tls)
{
	memset(w, 0, sizeof(*w));
	w->in = in;
	w->out = out;
	w->tls = tls;
	fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
	fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
}

void
wire_tune(int fd)
{
	const int yes = 1, idle = IDLE_S, again = AGAIN_S;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &again, sizeof(again));
}

/* Anything from the peer sets both counts to 0 (net/ipv4/tcp.c). */
bool
wire_is_gone(const struct wire *w)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	return getsockopt(w->out, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       (info.tcpi_retransmits >= 1 || info.tcpi_probes >= 2) &&
	       info.tcpi_last_ack_recv >= WIRE_GONE_MS;
}

/* --- descriptors ---------------------------------------------------------- */

/* Under CGI this may be a pipe, for which send(2) fails: use write(2), which can
 * raise SIGPIPE; the program ignores that. */
static ssize_t
put(int fd, const void *buf, size_t len)
{
	ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

	return n == -1 && errno == ENOTSOCK ? write(fd, buf, len) : n;
}

static ssize_t
broken(struct wire *w, int error)
{
	w->error = error;
	errno = error;
	return -1;
}

/* --- records -------------------------------------------------------------- */

static unsigned
state(const struct wire *w)
{
	return br_ssl_engine_current_state(w->tls->engine);
}

/* Pass records to the peer. False: no more now, or the connection is broken. */
static bool
push_records(struct wire *w)
{
	unsigned char *record;
	size_t len;
	ssize_t n;

	while (state(w) & BR_SSL_SENDREC) {
		record = br_ssl_engine_sendrec_buf(w->tls->engine, &len);
		n = put(w->out, record, len);
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			w->error = errno;
		if (n == -1)
			return false;
		br_ssl_engine_sendrec_ack(w->tls->engine, (size_t)n);
	}
	return true;
}

/* Read raw bytes, if none are left. False: there are none now, or at all. */
static bool
fill_raw(struct wire *w)
{
	ssize_t n;

	if (w->raw_at < w->raw_end)
		return true;
	if (w->ended)
		return false;
	n = read(w->in, w->raw, sizeof(w->raw));
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		w->error = errno;
	if (n == 0)
		w->ended = true;
	if (n <= 0)
		return false;
	w->raw_at = 0;
	w->raw_end = (size_t)n;
	return true;
}

/* Pass records from the peer to the engine, until it has data for us. */
static void
pull_records(struct wire *w)
{
	unsigned char *record;
	size_t len;
	int fills = 0;

	while (
	    (state(w) & (BR_SSL_RECVREC | BR_SSL_RECVAPP)) == BR_SSL_RECVREC) {
		/* A peer can send empty records without end. */
		if (w->raw_at == w->raw_end && ++fills > FILLS_MAX)
			return;
		if (!fill_raw(w))
			return;
		record = br_ssl_engine_recvrec_buf(w->tls->engine, &len);
		if (len > w->raw_end - w->raw_at)
			len = w->raw_end - w->raw_at;
		memcpy(record, w->raw + w->raw_at, len);
		w->raw_at += len;
		br_ssl_engine_recvrec_ack(w->tls->engine, len);
		push_records(w);
	}
}

/* The result of a call that could move no byte. */
static ssize_t
no_bytes(struct wire *w, bool reads)
{
	int error = br_ssl_engine_last_error(w->tls->engine);

	if (state(w) == BR_SSL_CLOSED && error != BR_ERR_OK) {
		w->tls_error = error;
		return broken(w, EPROTO);
	}
	if (state(w) == BR_SSL_CLOSED)
		return reads ? 0 : broken(w, EPIPE);
	if (w->error != 0)
		return broken(w, w->error);
	/* In a handshake a writer waits for the peer, too. */
	if (w->ended && w->raw_at == w->raw_end &&
	    (reads || !(state(w) & (BR_SSL_SENDAPP | BR_SSL_SENDREC))))
		return broken(w, ECONNRESET);
	errno = EAGAIN;
	return -1;
}

static ssize_t
read_tls(struct wire *w, void *buf, size_t size)
{
	unsigned char *bytes;
	size_t len;

	push_records(w);
	pull_records(w);
	if (!(state(w) & BR_SSL_RECVAPP))
		return no_bytes(w, true);
	bytes = br_ssl_engine_recvapp_buf(w->tls->engine, &len);
	if (len > size)
		len = size;
	memcpy(buf, bytes, len);
	br_ssl_engine_recvapp_ack(w->tls->engine, len);
	return (ssize_t)len;
}

static ssize_t
write_tls(struct wire *w, const unsigned char *buf, size_t size)
{
	unsigned char *room;
	size_t len, done = 0;

	while (push_records(w) && done < size && (state(w) & BR_SSL_SENDAPP)) {
		room = br_ssl_engine_sendapp_buf(w->tls->engine, &len);
		if (len > size - done)
			len = size - done;
		memcpy(room, buf + done, len);
		br_ssl_engine_sendapp_ack(w->tls->engine, len);
		br_ssl_engine_flush(w->tls->engine, 0);
		done += len;
	}
	return done > 0 ? (ssize_t)done : no_bytes(w, false);
}

/* --- plain or TLS --------------------------------------------------------- */

void
wire_wait(
    const struct wire *w, bool reads, bool writes, struct pollfd fds[WIRE_FDS])
{
	unsigned s;

	if (w->tls != NULL) {
		s = state(w);
		/* In a handshake a reader writes, and a writer reads. */
		if (!(s & (BR_SSL_SENDAPP | BR_SSL_RECVAPP)))
			reads = reads || writes;
		reads = reads && (s & BR_SSL_RECVREC);
		writes =
		    (s & BR_SSL_SENDREC) || (writes && (s & BR_SSL_SENDAPP));
	}
	reads = reads && !w->ended;
	fds[0] = (struct pollfd){reads ? w->in : -1, POLLIN, 0};
	fds[1] = (struct pollfd){writes ? w->out : -1, POLLOUT, 0};
}

bool
wire_has_more(const struct wire *w)
{
	return w->tls != NULL &&
	       ((state(w) & BR_SSL_RECVAPP) || w->raw_at < w->raw_end);
}

ssize_t
wire_read(struct wire *w, void *buf, size_t size)
{
	ssize_t n;

	if (w->tls != NULL)
		return read_tls(w, buf, size);
	n = read(w->in, buf, size);
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		w->error = errno;
	if (n == 0)
		w->ended = true;
	return n;
}

ssize_t
wire_write(struct wire *w, const void *buf, size_t len)
{
	ssize_t n;

	if (w->tls != NULL)
		return write_tls(w, buf, len);
	n = put(w->out, buf, len);
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		w->error = errno;
	return n;
}

int
wire_flush(struct wire *w)
{
	if (w->tls == NULL || push_records(w))
		return 0;
	errno = w->error != 0 ? w->error : EAGAIN;
	return -1;
}

void
wire_shut(struct wire *w)
{
	if (w->was_shut)
		return;
	w->was_shut = true;
	if (w->tls != NULL) {
		br_ssl_engine_close(w->tls->engine);
		push_records(w);
	}
	/* (A pipe can't be shut: it ends when we close it.) */
	shutdown(w->out, SHUT_WR);
}

const char *
wire_why(const struct wire *w)
{
	if (w->tls_error != 0)
		return tls_error(w->tls_error);
	return w->error != 0 ? strerror(w->error) : "the connection ended";
}

/* --- with a deadline ------------------------------------------------------ */

/* Wait until a call can go on. Returns 0; or -1 with ETIMEDOUT. */
static int
wait_until(const struct wire *w, bool reads, bool writes, int64_t deadline)
{
	struct pollfd fds[WIRE_FDS];
	int64_t left = deadline - clock_ms();

	wire_wait(w, reads, writes, fds);
	if (left > 0 && poll(fds, WIRE_FDS, (int)left) != 0)
		return 0;
	errno = ETIMEDOUT;
	return -1;
}

int
wire_write_all(struct wire *w, const void *buf, size_t len, int64_t deadline)
{
	const unsigned char *at = buf;
	ssize_t n;

	while (len > 0 || wire_flush(w) == -1) {
		n = len > 0 ? wire_write(w, at, len) : -1;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if ((errno != EAGAIN && errno != EINTR) ||
			   wait_until(w, false, true, deadline) == -1) {
			return -1;
		} else if (w->tls != NULL && !(state(w) & BR_SSL_SENDAPP)) {
			/* The handshake goes on. */
			push_records(w);
			pull_records(w);
		}
	}
	return 0;
}

ssize_t
wire_read_some(struct wire *w, void *buf, size_t size, int64_t deadline)
{
	ssize_t n;

	/* A peer that always has bytes for us must not get around the deadline. */
	if (clock_ms() >= deadline) {
		errno = ETIMEDOUT;
		return -1;
	}
	while ((n = wire_read(w, buf, size)) == -1 &&
	       (errno == EAGAIN || errno == EINTR))
		if (wait_until(w, true, false, deadline) == -1)
			return -1;
	return n;
}
