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
#include "nbd/client-apart.h"
#include "nbd/handoff-server.h"

#define LOOK_MS	  500  /* between two looks whether the device is there */
#define DYING_MS  2000 /* for the kernel to notice what is shut */
#define SIZE_UNIT 512

int
handoff_server_open(struct handoff_server *s, const char *path)
{
	s->socket = -1;
	s->since = clock_ms();
	s->link = s->is_attached ? NBD_LINK_DEAD : NBD_LINK_NONE;
	return handoff_open(&s->handoff, path);
}

void
handoff_server_close(struct handoff_server *s)
{
	handoff_close(&s->handoff, !s->is_attached);
	if (s->next != NULL)
		close(s->next_connection.socket);
	if (s->socket != -1)
		close(s->socket);
}

/* --- the link ----------------------------------------------------------- */

/* Has it been shut, by its other end or by the kernel? */
static bool
is_shut(int socket)
{
	struct pollfd p = {socket, POLLRDHUP, 0};

	return poll(&p, 1, 0) == 1;
}

static void
dismiss(struct handoff_server *s, struct handoff_peer *g)
{
	if (s->holder == g)
		s->holder = NULL;
	if (s->next == g) {
		s->next = NULL;
		close(s->next_connection.socket);
	}
	handoff_dismiss(g);
}

/* The kernel replaces only what it has found dead: shut it, and wait. */
static void
begin_dying(struct handoff_server *s)
{
	shutdown(s->socket, SHUT_RDWR);
	s->link = NBD_LINK_DYING;
	s->dying_since = clock_ms();
}

/* From now on that peer's connection is the device's link. */
static void
hold(struct handoff_server *s, struct handoff_peer *g, int socket, bool checked)
{
	if (s->holder != NULL && s->holder != g) {
		handoff_tell(s->holder, "superseded %s", g->offer.who);
		dismiss(s, s->holder);
	}
	if (s->socket != -1)
		close(s->socket);
	s->socket = socket;
	s->is_checked = checked;
	s->holder = g;
	s->link = NBD_LINK_ALIVE;
	s->is_down = false;
	s->is_ok = true;
	strcpy(s->client, g->offer.client);
	strcpy(s->who, g->offer.who);
	handoff_tell(g, "attached /dev/nbd%d", s->index);
}

static struct nbd_link
make_link(const struct handoff_server *s, const struct nbd_connection *c)
{
	return (struct nbd_link){.index = s->index,
	    .socket = c->socket,
	    .size = s->image.size,
	    .block = s->image.block,
	    .flags = s->image.flags,
	    .timeout = s->timeout,
	    .outage = s->outage,
	    .identity = s->image.identity};
}

static void
rejoin(
    struct handoff_server *s, struct handoff_peer *g, struct nbd_connection *c)
{
	struct nbd_link link = make_link(s, c);

	if (nbd_kernel_rejoin(s->kernel, &link) == 0) {
		hold(s, g, c->socket, true);
		return;
	}
	close(c->socket);
	handoff_tell(g, "refused %d the kernel does not accept the image: %s",
	    EX_OSERR, strerror(errno));
	dismiss(s, g);
}

/* The old link is dead: give the kernel the waiting connection, if any. */
static int
bury(struct handoff_server *s)
{
	struct nbd_connection c = s->next_connection;
	struct handoff_peer *g = s->next;

	s->link = NBD_LINK_DEAD;
	s->since = clock_ms();
	if (s->holder != NULL)
		handoff_tell(s->holder, "lost");
	/* An NBD server that came in by itself says nothing any more. */
	if (s->holder != NULL && s->holder->control == -1)
		dismiss(s, s->holder);
	if (g == NULL)
		return HANDOFF_SERVER_WAITING;
	s->next = NULL;
	rejoin(s, g, &c);
	return s->link == NBD_LINK_ALIVE ? HANDOFF_SERVER_NOTHING
					 : HANDOFF_SERVER_WAITING;
}

/*
 * The kernel says that the device's link has died, and ours has not: it had
 * another, of a process before us, and did not take ours; or it was told of
 * late. It takes the same one twice, but never one that is not known to be of
 * this image.
 */
static int
give_again(struct handoff_server *s)
{
	struct nbd_connection c = {.socket = s->socket};
	struct nbd_link link = make_link(s, &c);

	if (s->is_checked && nbd_kernel_rejoin(s->kernel, &link) == 0)
		return HANDOFF_SERVER_NOTHING;
	shutdown(s->socket, SHUT_RDWR);
	return bury(s);
}

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
		/* Of events that were lost, ours may be one. */
		if (s->link == NBD_LINK_DYING ||
		    (s->link == NBD_LINK_ALIVE && is_shut(s->socket)))
			news = bury(s);
		else if (s->link == NBD_LINK_ALIVE)
			news = give_again(s);
	}
	return news;
}

/* --- peers ------------------------------------------------------------- */

static bool
is_client(const struct handoff_peer *g, const char *client)
{
	return strcmp(client, "-") != 0 && strcmp(client, g->offer.client) == 0;
}

/* The WHO of another client that has the device, or is about to have it, which
 * keeps this peer out; NULL: the peer may have it. */
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

static int
attach(
    struct handoff_server *s, struct handoff_peer *g, struct nbd_connection *c)
{
	struct nbd_link link;
	int index, saved;

	s->image = *c;
	link = make_link(s, c);
	index = nbd_kernel_connect(s->kernel, &link);
	if (index == -1) {
		saved = errno;
		handoff_tell(g,
		    "refused %d the kernel does not accept the image: %s",
		    EX_OSERR, strerror(saved));
		errno = saved;
		return -1;
	}
	s->index = index;
	s->is_attached = true;
	hold(s, g, c->socket, true);
	return HANDOFF_SERVER_ATTACHED;
}

/* Is it the device's image, as far as we can tell? A writable image without a
 * description is recognized only by the client that brings it. */
static bool
is_same_image(const struct handoff_server *s, const struct handoff_peer *g,
    const struct nbd_connection *c)
{
	return c->size == s->image.size &&
	       strcmp(c->identity, s->image.identity) == 0 &&
	       (!c->is_vague || is_client(g, s->client));
}

/* The handshake, as far as it is good for anything. */
static bool
check_offer(
    struct handoff_server *s, struct handoff_peer *g, struct nbd_connection *c)
{
	char why[512];

	if (nbd_client_open_apart(
		g->socket, s->stop, &s->wish, c, why, sizeof(why)) == -1) {
		/* Who ends us knows why. */
		if (errno != ECANCELED)
			handoff_tell(g, "refused %d %s", EX_PROTOCOL, why);
		return false;
	}
	if (c->size == 0 || c->size % SIZE_UNIT != 0)
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

/* It was handed in to a process before us, and the kernel has it. */
static void
hear_still(struct handoff_server *s, struct handoff_peer *g)
{
	int socket = g->socket;

	if (s->is_attached && s->socket == -1 && !is_shut(socket)) {
		g->socket = -1;
		hold(s, g, socket, false);
		return;
	}
	if (s->link == NBD_LINK_ALIVE)
		handoff_tell(g, "superseded %s", s->who);
	else
		handoff_tell(g, "lost");
	shutdown(socket, SHUT_RDWR);
	dismiss(s, g);
}

static int
hear_offer(struct handoff_server *s, struct handoff_peer *g)
{
	const char *holder = find_holder(s, g);
	struct nbd_connection c;

	if (g->offer.still) {
		hear_still(s, g);
		return HANDOFF_SERVER_NOTHING;
	}
	if (holder != NULL) {
		handoff_tell(g, "taken %s", holder);
		dismiss(s, g);
		return HANDOFF_SERVER_NOTHING;
	}
	if (!check_offer(s, g, &c)) {
		dismiss(s, g);
		return HANDOFF_SERVER_NOTHING;
	}
	close(g->socket);
	g->socket = -1;
	if (!s->is_attached)
		return attach(s, g, &c);
	if (s->link == NBD_LINK_DEAD) {
		rejoin(s, g, &c);
		return HANDOFF_SERVER_NOTHING;
	}
	if (s->link == NBD_LINK_ALIVE) {
		if (s->holder != NULL) {
			handoff_tell(s->holder, "superseded %s", g->offer.who);
			dismiss(s, s->holder);
		}
		begin_dying(s);
	}
	if (s->next != NULL) {
		handoff_tell(s->next, "superseded %s", g->offer.who);
		dismiss(s, s->next);
	}
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

	while (news == HANDOFF_SERVER_NOTHING && !s->is_ok &&
	       (handoff = handoff_next(&s->handoff, &g)) != HANDOFF_NOTHING) {
		if (handoff == HANDOFF_OFFER) {
			news = hear_offer(s, g);
			continue;
		}
		if (handoff == HANDOFF_LEAVE && g == s->holder)
			return HANDOFF_SERVER_GONE;
		/* Who brought the link has ended, and so has the link. */
		if (g == s->holder && s->link == NBD_LINK_ALIVE)
			begin_dying(s);
		dismiss(s, g);
	}
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

/* What follows from the time, and from what the link's socket shows. */
static int
look(struct handoff_server *s)
{
	if (s->is_ok) {
		s->is_ok = false;
		return HANDOFF_SERVER_OK;
	}
	if (s->is_attached && !nbd_kernel_is_attached(s->index))
		return end(s);
	if (s->link == NBD_LINK_ALIVE && is_shut(s->socket))
		begin_dying(s);
	if (s->link == NBD_LINK_DYING &&
	    clock_ms() >= s->dying_since + DYING_MS)
		return bury(s);
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
	POLLS
};

int
handoff_server_next(struct handoff_server *s)
{
	struct pollfd p[POLLS] = {{0}};
	int news, left;

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
		poll(p, POLLS, left);
		/* Who disconnects the device ends us next: see that first. */
		if (p[STOP].revents != 0) {
			news = s->is_attached ? look(s) : end(s);
			return news != HANDOFF_SERVER_ENDED
				   ? HANDOFF_SERVER_STOPPED
				   : news;
		}
	}
}
