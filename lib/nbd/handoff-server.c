/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <linux/nbd.h>

#include "base/clock.h"
#include "nbd/apart-child.h"
#include "nbd/handoff-link.h"
#include "nbd/handoff-server.h"

#define LOOK_MS	  2000 /* between two checks that the device exists */
#define DYING_MS  2000 /* for the kernel to notice that a link is shut */
#define SIZE_UNIT 512

int
handoff_server_open(struct handoff_server *s, const char *path)
{
	size_t i;

	for (i = 0; i < HANDOFF_PEERS; i++)
		nbd_apart_init(&s->checks[i]);
	s->socket = -1;
	s->since = clock_ms();
	s->link = s->is_attached ? NBD_LINK_DEAD : NBD_LINK_NONE;
	return handoff_open(&s->handoff, path);
}

void
handoff_server_close(struct handoff_server *s)
{
	size_t i;

	for (i = 0; i < HANDOFF_PEERS; i++)
		nbd_apart_cancel(&s->checks[i]);
	handoff_close(&s->handoff, !s->is_attached);
	if (s->next != NULL)
		close(s->next_connection.socket);
	if (s->socket != -1)
		close(s->socket);
}

/* --- the kernel --------------------------------------------------------- */

static int
hear_kernel(struct handoff_server *s)
{
	int dead, news = HANDOFF_SERVER_NOTHING;

	while (news == HANDOFF_SERVER_NOTHING) {
		dead = nbd_kernel_next_dead(s->kernel);
		if (dead == -1 && errno != ENOBUFS)
			break;
		if (dead != -1 && dead != s->index)
			continue;
		/* The event of our device may be among the lost events. */
		if (s->link == NBD_LINK_DYING ||
		    (s->link == NBD_LINK_ALIVE &&
			handoff_link_is_shut(s->socket)))
			news = handoff_link_bury(s);
		else if (s->link == NBD_LINK_ALIVE)
			news = handoff_link_repeat(s);
	}
	return news;
}

/* --- peers ------------------------------------------------------------- */

static bool
is_client(const struct handoff_peer *g, const char *client)
{
	return strcmp(client, "-") != 0 && strcmp(client, g->offer.client) == 0;
}

/* Returns the WHO of another client that has the device, or is about to have
 * it. NULL: the peer may have it. */
static const char *
find_holder(const struct handoff_server *s, const struct handoff_peer *g)
{
	const char *client = s->client, *who = s->who;

	if (s->next != NULL) {
		client = s->next->offer.client;
		who = s->next->offer.who;
	} else if (s->link != NBD_LINK_ALIVE)
		return NULL;
	return is_client(g, client) ? NULL : who;
}

/* Is it the device's image, as far as we can tell? If a writable image has no
 * description, it must also come from the same client. */
static bool
is_same_image(const struct handoff_server *s, const struct handoff_peer *g,
    const struct nbd_connection *c)
{
	return c->size == s->image.size &&
	       strcmp(c->identity, s->image.identity) == 0 &&
	       (!c->is_vague || is_client(g, s->client));
}

/* Another client has the device: tell the peer. */
static bool
is_kept_out(struct handoff_server *s, struct handoff_peer *g)
{
	const char *holder = find_holder(s, g);

	if (holder == NULL)
		return false;
	handoff_tell(g, "taken %s", holder);
	return true;
}

/* Can the device use the checked connection? If not, tell the peer why. */
static bool
judge_offer(
    struct handoff_server *s, struct handoff_peer *g, struct nbd_connection *c)
{
	char why[512];

	if (nbd_apart_end(handoff_link_check(s, g), g->socket, &s->wish, c, why,
		sizeof(why)) == -1) {
		handoff_tell(g, "refused %d %s", EX_PROTOCOL, why);
		return false;
	}
	/* Another client may have taken the device during the handshake. */
	if (is_kept_out(s, g))
		;
	else if (c->size == 0 || c->size % SIZE_UNIT != 0)
		handoff_tell(g,
		    "refused %d the size of the image is not a multiple of %d",
		    EX_DATAERR, SIZE_UNIT);
	else if (s->is_attached && !is_same_image(s, g, c))
		handoff_tell(
		    g, "waits %s", s->who[0] != '\0' ? s->who : "another");
	else
		return true;
	close(c->socket);
	return false;
}

/* The peer says that the kernel has its connection from a process before us. */
static void
hear_still(struct handoff_server *s, struct handoff_peer *g)
{
	int socket = g->socket;

	if (s->is_attached && s->socket == -1 &&
	    !handoff_link_is_shut(socket)) {
		g->socket = -1;
		handoff_link_hold(s, g, socket, false);
		return;
	}
	if (s->link == NBD_LINK_ALIVE)
		handoff_tell(g, "superseded %s", s->who);
	else
		handoff_tell(g, "lost");
	shutdown(socket, SHUT_RDWR);
	handoff_link_dismiss(s, g);
}

static void
hear_offer(struct handoff_server *s, struct handoff_peer *g)
{
	struct handoff_peer *other = s->handoff.peers;

	if (g->offer.still) {
		hear_still(s, g);
		return;
	}
	if (is_kept_out(s, g)) {
		handoff_link_dismiss(s, g);
		return;
	}
	/* End an older handshake of the same client, which may be slow. */
	for (; other < s->handoff.peers + HANDOFF_PEERS; other++)
		if (handoff_link_check(s, other)->back != -1 &&
		    is_client(g, other->offer.client))
			handoff_link_supersede(s, other, g->offer.who);
	if (nbd_apart_begin(handoff_link_check(s, g), g->socket, &s->wish,
		nbd_apart_fork) == 0)
		return;
	handoff_tell(g, "refused %d %s", EX_OSERR, strerror(errno));
	handoff_link_dismiss(s, g);
}

/* The handshake of this peer is over. */
static int
hear_check(struct handoff_server *s, struct handoff_peer *g)
{
	struct nbd_connection c;

	if (!judge_offer(s, g, &c)) {
		handoff_link_dismiss(s, g);
		return HANDOFF_SERVER_NOTHING;
	}
	close(g->socket);
	g->socket = -1;
	if (!s->is_attached)
		return handoff_link_attach(s, g, &c);
	if (s->link == NBD_LINK_DEAD) {
		handoff_link_replace(s, g, &c);
		return HANDOFF_SERVER_NOTHING;
	}
	if (s->link == NBD_LINK_ALIVE) {
		handoff_link_supersede(s, s->holder, g->offer.who);
		handoff_link_end(s);
	}
	handoff_link_supersede(s, s->next, g->offer.who);
	s->next = g;
	s->next_connection = c;
	return HANDOFF_SERVER_NOTHING;
}

static int
take_peers(struct handoff_server *s)
{
	enum handoff_news handoff;
	struct handoff_peer *g;
	int news = HANDOFF_SERVER_NOTHING;

	while (!s->is_ok &&
	       (handoff = handoff_next(&s->handoff, &g)) != HANDOFF_NOTHING) {
		if (handoff == HANDOFF_OFFER) {
			hear_offer(s, g);
			continue;
		}
		if (handoff == HANDOFF_LEAVE && g == s->holder)
			return HANDOFF_SERVER_GONE;
		/* A link cannot live longer than its client. */
		if (g == s->holder && s->link == NBD_LINK_ALIVE)
			handoff_link_end(s);
		handoff_link_dismiss(s, g);
	}
	g = s->handoff.peers;
	for (; g < s->handoff.peers + HANDOFF_PEERS; g++)
		if (news == HANDOFF_SERVER_NOTHING && !s->is_ok &&
		    nbd_apart_is_over(handoff_link_check(s, g)))
			news = hear_check(s, g);
	return news;
}

/* --- staying ------------------------------------------------------------ */

static int
end(struct handoff_server *s)
{
	struct handoff_peer *g;

	for (g = s->handoff.peers; g < s->handoff.peers + HANDOFF_PEERS; g++)
		if (g->present)
			handoff_tell(g, "ended");
	s->is_attached = false;
	return HANDOFF_SERVER_ENDED;
}

/* Check for what no event tells: timeouts, and a link whose socket is shut. */
static int
look(struct handoff_server *s)
{
	if (s->is_ok) {
		s->is_ok = false;
		return HANDOFF_SERVER_OK;
	}
	if (s->is_attached && !nbd_kernel_is_attached(s->index))
		return end(s);
	if (s->link == NBD_LINK_ALIVE && handoff_link_is_shut(s->socket))
		handoff_link_end(s);
	if (s->link == NBD_LINK_DYING &&
	    clock_ms() >= s->dying_since + DYING_MS)
		return handoff_link_bury(s);
	if (s->link == NBD_LINK_DEAD && !s->is_down &&
	    clock_ms() >= s->since + (int64_t)s->outage * 1000) {
		s->is_down = true;
		return HANDOFF_SERVER_DOWN;
	}
	return HANDOFF_SERVER_NOTHING;
}

enum {
	KERNEL = HANDOFF_POLLS,
	STOP,
	LINK,
	CHECKS,
	POLLS = CHECKS + HANDOFF_PEERS
};

int
handoff_server_next(struct handoff_server *s)
{
	struct pollfd p[POLLS] = {{0}};
	int i, news, left;

	for (;;) {
		news = look(s);
		if (news == HANDOFF_SERVER_NOTHING)
			news = hear_kernel(s);
		if (news == HANDOFF_SERVER_NOTHING)
			news = take_peers(s);
		if (news != HANDOFF_SERVER_NOTHING)
			return news;
		if (s->is_ok)
			continue;
		left = handoff_poll(&s->handoff, p);
		if (left == -1 || left > LOOK_MS)
			left = LOOK_MS;
		p[KERNEL] =
		    (struct pollfd){nbd_kernel_event_fd(s->kernel), POLLIN, 0};
		p[STOP] = (struct pollfd){s->stop, POLLIN, 0};
		p[LINK] = (struct pollfd){
		    s->link == NBD_LINK_ALIVE ? s->socket : -1, POLLRDHUP, 0};
		for (i = 0; i < HANDOFF_PEERS; i++)
			p[CHECKS + i] =
			    (struct pollfd){s->checks[i].back, POLLIN, 0};
		poll(p, POLLS, left);
		/* A process that stops us may have disconnected the device
		 * before: then tell the peers. */
		if (p[STOP].revents != 0) {
			news = s->is_attached ? look(s) : end(s);
			return news != HANDOFF_SERVER_ENDED
				   ? HANDOFF_SERVER_STOPPED
				   : news;
		}
	}
}
