/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "unix/relay.h"

static void
unblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void
restore(int fd, int flags)
{
	if (flags != -1)
		fcntl(fd, F_SETFL, flags);
}

void
relay_start(struct relay *r, int in, int out, int far)
{
	r->in = (struct relay_way){.from = in, .to = far};
	r->out = (struct relay_way){.from = far, .to = out};
	r->first = in;
	r->in_flags = fcntl(in, F_GETFL);
	r->out_flags = fcntl(out, F_GETFL);
	unblock(in);
	unblock(out);
	unblock(far);
}

void
relay_end(struct relay *r)
{
	restore(r->first, r->in_flags);
	if (r->out.to != -1)
		restore(r->out.to, r->out_flags);
}

static bool
is_temporary(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Bytes are added only at the end of the buffer, which starts again when it is
 * empty: this is simple, and costs at most one extra poll(2). */
static bool
wants_more(const struct relay_way *w)
{
	return w->from != -1 && w->start + w->have < RELAY_SIZE;
}

void
relay_poll(const struct relay *r, struct pollfd p[RELAY_POLLS])
{
	short far = 0;

	if (wants_more(&r->out))
		far |= POLLIN;
	if (r->in.have > 0)
		far |= POLLOUT;
	p[0] = (struct pollfd){wants_more(&r->in) ? r->in.from : -1, POLLIN, 0};
	p[1] = (struct pollfd){r->out.have > 0 ? r->out.to : -1, POLLOUT, 0};
	p[2] = (struct pollfd){
	    far == 0 ? -1 : (r->in.to != -1 ? r->in.to : r->out.from), far, 0};
}

static void
take(struct relay_way *w)
{
	size_t end = w->start + w->have;
	ssize_t n;

	if (!wants_more(w))
		return;
	n = read(w->from, w->kept + end, RELAY_SIZE - end);
	if (n > 0)
		w->have += (size_t)n;
	else if (n == 0 || !is_temporary())
		w->from = -1;
}

/* Returns 0, or -1 if the other end accepts no more data. */
static int
give(struct relay_way *w)
{
	ssize_t n;

	while (w->have > 0) {
		n = write(w->to, w->kept + w->start, w->have);
		if (n == -1)
			return is_temporary() ? 0 : -1;
		w->start += (size_t)n;
		w->have -= (size_t)n;
	}
	w->start = 0;
	return 0;
}

static bool
has_ended(const struct relay_way *w)
{
	return w->to != -1 && w->from == -1 && w->have == 0;
}

void
relay_move(struct relay *r)
{
	int far = r->in.to != -1 ? r->in.to : r->out.from;

	take(&r->in);
	take(&r->out);
	if (give(&r->in) == -1 || give(&r->out) == -1) {
		r->in.from = r->out.from = -1;
		r->in.have = r->out.have = 0;
		shutdown(far, SHUT_RDWR);
	}
	if (has_ended(&r->in)) {
		shutdown(r->in.to, SHUT_WR);
		r->in.to = -1;
	}
	if (has_ended(&r->out)) {
		restore(r->out.to, r->out_flags);
		close(r->out.to);
		r->out.to = -1;
	}
}
