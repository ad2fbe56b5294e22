/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ws/bridge.h"
#include "ws/close.h"
#include "ws/receive.h"
#include "ws/send.h"

#define PING_MS	  25000
#define PINGS_MAX 2 /* pings without an answer: the peer is gone */
#define CLOSE_MS  5000
#define DRAIN_MS  2000	/* the peer must read our close within this time */
#define STUCK_MS  30000 /* the backend must take what a gone peer sent */
#define CALM_MS	  1000	/* between pongs while we do not read from the peer */

/* --- time ----------------------------------------------------------------- */

static int
ping_after(const struct pump *p)
{
	return p->b->ping_after != 0 ? p->b->ping_after : PING_MS;
}

/*
 * While the backend is slow, we do not read from the peer. Then its silence
 * means nothing, and we do not see its pings. Pongs without a ping tell the
 * peer that we are alive (5.5.3).
 */
static void
keep_calm(struct pump *p, int64_t now)
{
	if (pump_wants_net(p)) {
		p->calmed_at = now;
		return;
	}
	p->heard_at = now;
	if (now - p->calmed_at < CALM_MS || p->owes_pong || p->owes_close)
		return;
	p->calmed_at = now;
	p->pong_len = 0;
	p->owes_pong = true;
}

/* Is the peer's machine gone? The kernel is asked only after a silence. */
static bool
is_gone(const struct pump *p, int64_t now)
{
	return (now - p->heard_at >= WIRE_GONE_MS ||
		   (p->frame_at < p->frame_end &&
		       now - p->sent_at >= WIRE_GONE_MS)) &&
	       wire_is_gone(p->b->wire);
}

static void
keep_alive(struct pump *p, int64_t now)
{
	keep_calm(p, now);
	pump_take_backend_end(p);
	if (p->payload_len == 0)
		p->moved_at = now;
	if ((p->got_close || p->net_ended || p->net_hup) &&
	    now - p->moved_at > STUCK_MS)
		p->out_gone = true;
	if (!p->net_lost && is_gone(p, now))
		pump_lose(p, "the peer's machine does not answer");
	if (p->sent_close || now - p->heard_at < ping_after(p) * (p->pings + 1))
		return;
	if (p->pings++ < PINGS_MAX)
		p->owes_ping = true;
	else
		pump_lose(p, "the peer does not answer");
}

static bool
is_over(const struct pump *p, int64_t now)
{
	int limit = p->b->close_limit != 0 ? p->b->close_limit : CLOSE_MS;

	if (p->net_lost && p->payload_len == 0)
		return true;
	/* The peer does not read, so it will not see our close. */
	if (p->owes_close && p->frame_at < p->frame_end &&
	    now - p->sent_at > limit)
		return true;
	if (!p->sent_close)
		return false;
	if (now - p->closed_at > limit)
		return true;
	if (p->frame_at < p->frame_end || wire_flush(p->b->wire) == -1)
		return false;
	return p->got_close || p->failed;
}

/*
 * Shut our side down and read what still comes. Otherwise a reset could
 * overtake our close (7.1.1). A client waits until the server has shut its side
 * down.
 */
static void
drain(struct pump *p)
{
	struct pollfd f = {p->b->wire->in, POLLIN, 0};
	int64_t end = clock_ms() + DRAIN_MS, left;
	ssize_t n = p->net_ended ? 0 : 1;

	if (p->net_lost)
		return;
	if (p->b->is_server || p->failed)
		wire_shut(p->b->wire);
	while (n != 0 && (left = end - clock_ms()) > 0 &&
	       poll(&f, 1, (int)left) == 1) {
		n = read(f.fd, p->in, sizeof(p->in));
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			break;
	}
	wire_shut(p->b->wire);
}

/* --- the loop ------------------------------------------------------------- */

/* Milliseconds until a timer is due. */
static int
time_left(const struct pump *p)
{
	int64_t next = p->heard_at + ping_after(p) * (p->pings + 1);
	int64_t wait = next - clock_ms();

	if (pump_wants_net(p) && wire_has_more(p->b->wire))
		return 0;
	if (wait > 1000)
		wait = 1000;
	if ((p->owes_close || p->sent_close || p->in_ended) && wait > 100)
		wait = p->sent_close ? 100 : 20;
	return wait < 10 ? 10 : (int)wait;
}

/* While we do not read from the peer, look whether it has hung up. */
static void
take_hangup(struct pump *p, int revents)
{
	if (revents & POLLERR)
		pump_lose(p, "the connection broke");
	else if (revents & POLLHUP)
		p->net_hup = true;
}

/* The owner has lines for the peer, or wants the bridge to end. */
static void
take_stop(struct pump *p)
{
	struct ws_reason why = {WS_GOING_AWAY, ""};

	if (!p->b->stop_reason(p->b->stop_fd, &why, &p->texts))
		return;
	p->is_stopping = true;
	pump_close(p, &why);
}

static void
step(struct pump *p)
{
	struct pollfd f[WIRE_FDS + 3];
	struct pollfd *in = f + WIRE_FDS, *out = in + 1, *stop = in + 2;

	/* Poll only what we want: if another descriptor is at its end, poll(2)
	 * would return at once each time. */
	wire_wait(p->b->wire, pump_wants_net(p), p->frame_at < p->frame_end, f);
	if (p->net_ended)
		f[0].fd = -1;
	else if (!pump_wants_net(p))
		f[0] = (struct pollfd){p->net_hup ? -1 : p->b->wire->in, 0, 0};
	if (p->net_lost)
		f[1].fd = -1;
	*in = (struct pollfd){pump_wants_in(p) ? p->b->in : -1, POLLIN, 0};
	*out = (struct pollfd){
	    p->payload_len > 0 && !p->out_gone ? p->b->out : -1, POLLOUT, 0};
	*stop = (struct pollfd){p->is_stopping ? -1 : p->b->stop_fd, POLLIN, 0};
	if (poll(f, WIRE_FDS + 3, time_left(p)) == -1)
		return;
	if (!pump_wants_net(p))
		take_hangup(p, f[0].revents);
	if (stop->revents != 0)
		take_stop(p);
	if (out->revents != 0 || (p->payload_len > 0 && p->out_gone))
		pump_write_out(p);
	if (f[1].revents != 0)
		pump_write_net(p);
	if (f[0].revents != 0 || wire_has_more(p->b->wire))
		pump_pass_in(p);
	if (in->revents != 0 && pump_wants_in(p))
		pump_read_in(p);
	if (p->frame_at < p->frame_end)
		pump_write_net(p);
}

void
ws_bridge(const struct ws_bridge *b, struct ws_end *end)
{
	static struct pump pump; /* too large for a stack; only one is used */
	struct pump *p = &pump;
	int in_flags = fcntl(b->in, F_GETFL);
	int out_flags = fcntl(b->out, F_GETFL);

	memset(p, 0, sizeof(*p));
	memset(end, 0, sizeof(*end));
	p->b = b;
	p->end = end;
	p->heard_at = p->calmed_at = p->moved_at = clock_ms();
	p->said_at = p->heard_at - b->beat_after; /* the first beat is due */
	ws_parser_init(&p->parser, b->is_server, b->accepts_text);
	fcntl(b->in, F_SETFL, in_flags | O_NONBLOCK);
	fcntl(b->out, F_SETFL, out_flags | O_NONBLOCK);
	if (b->early_len > 0) {
		memcpy(p->in, b->early, b->early_len);
		p->in_end = b->early_len;
		pump_parse(p);
	}
	pump_make_next(p);
	while (!is_over(p, clock_ms())) {
		step(p);
		keep_alive(p, clock_ms());
		pump_make_next(p);
	}
	end->clean = p->got_close && p->sent_close && !p->failed;
	pump_tell_backend(p);
	drain(p);
	/* Other processes may share them, such as a shell that gave us
	 * pipes. */
	fcntl(b->in, F_SETFL, in_flags);
	fcntl(b->out, F_SETFL, out_flags);
}
