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
#include "nbd/handoff-server.h"

#define LOOK_MS	  500  /* between two looks whether the device is there */
#define DYING_MS  2000 /* for the kernel to notice what is shut */
#define SIZE_UNIT 512

int
nbd_served_open(struct nbd_served *s, const char *path)
{
	s->socket = -1;
	s->since = clock_ms();
	s->link = s->is_attached ? NBD_LINK_DEAD : NBD_LINK_NONE;
	return nbd_door_open(&s->door, path);
}

void
nbd_served_close(struct nbd_served *s)
{
	nbd_door_close(&s->door, !s->is_attached);
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
dismiss(struct nbd_served *s, struct nbd_guest *g)
{
	if (s->holder == g)
		s->holder = NULL;
	if (s->next == g) {
		s->next = NULL;
		close(s->next_connection.socket);
	}
	nbd_door_dismiss(g);
}

/* The kernel replaces only what it has found dead: shut it, and wait. */
static void
begin_dying(struct nbd_served *s)
{
	shutdown(s->socket, SHUT_RDWR);
	s->link = NBD_LINK_DYING;
	s->dying_since = clock_ms();
}

/* The device's link is that guest's from now on. */
static void
hold(struct nbd_served *s, struct nbd_guest *g, int socket, bool checked)
{
	if (s->holder != NULL && s->holder != g) {
		nbd_door_tell(s->holder, "superseded %s", g->offer.who);
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
	nbd_door_tell(g, "attached /dev/nbd%d", s->index);
}

static struct nbd_link
make_link(const struct nbd_served *s, const struct nbd_connection *c)
{
	return (struct nbd_link){.index = s->index,
	    .socket = c->socket,
	    .size = s->image.size,
	    .flags = s->image.flags,
	    .timeout = s->timeout,
	    .outage = s->outage,
	    .identity = s->image.identity};
}

static void
rejoin(struct nbd_served *s, struct nbd_guest *g, struct nbd_connection *c)
{
	struct nbd_link link = make_link(s, c);

	if (nbd_kernel_rejoin(s->kernel, &link) == 0) {
		hold(s, g, c->socket, true);
		return;
	}
	close(c->socket);
	nbd_door_tell(g, "refused %d the kernel does not take it: %s", EX_OSERR,
	    strerror(errno));
	dismiss(s, g);
}

/* The kernel takes another now, and somebody may be waiting with one. */
static int
bury(struct nbd_served *s)
{
	struct nbd_connection c = s->next_connection;
	struct nbd_guest *g = s->next;

	s->link = NBD_LINK_DEAD;
	s->since = clock_ms();
	if (s->holder != NULL)
		nbd_door_tell(s->holder, "lost");
	/* An NBD server that came in by itself says nothing any more. */
	if (s->holder != NULL && s->holder->control == -1)
		dismiss(s, s->holder);
	if (g == NULL)
		return NBD_SERVED_WAITING;
	s->next = NULL;
	rejoin(s, g, &c);
	return s->link == NBD_LINK_ALIVE ? NBD_SERVED_NOTHING
					 : NBD_SERVED_WAITING;
}

/*
 * The kernel says that the device's link has died, and ours has not: it had
 * another, of a process before us, and did not take ours; or it was told of
 * late. It takes the same one twice, but never one that is not known to be of
 * this image.
 */
static int
give_again(struct nbd_served *s)
{
	struct nbd_connection c = {.socket = s->socket};
	struct nbd_link link = make_link(s, &c);

	if (s->is_checked && nbd_kernel_rejoin(s->kernel, &link) == 0)
		return NBD_SERVED_NOTHING;
	shutdown(s->socket, SHUT_RDWR);
	return bury(s);
}

static int
hear_kernel(struct nbd_served *s)
{
	int dead, news = NBD_SERVED_NOTHING;

	while (news == NBD_SERVED_NOTHING) {
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

/* --- guests ------------------------------------------------------------- */

static bool
is_client(const struct nbd_guest *g, const char *client)
{
	return strcmp(client, "-") != 0 && strcmp(client, g->offer.client) == 0;
}

/* Who has the device, or is about to, so that this guest may not: NULL nobody.
 * The same client may. */
static const char *
find_holder(const struct nbd_served *s, const struct nbd_guest *g)
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
attach(struct nbd_served *s, struct nbd_guest *g, struct nbd_connection *c)
{
	struct nbd_link link;
	int index, saved;

	s->image = *c;
	link = make_link(s, c);
	index = nbd_kernel_connect(s->kernel, &link);
	if (index == -1) {
		saved = errno;
		nbd_door_tell(g, "refused %d the kernel does not take it: %s",
		    EX_OSERR, strerror(saved));
		errno = saved;
		return -1;
	}
	s->index = index;
	s->is_attached = true;
	hold(s, g, c->socket, true);
	return NBD_SERVED_ATTACHED;
}

/* Is it the device's image, as far as can be told? One that may be written to,
 * and says nothing of itself, is known only by who brings it. */
static bool
is_same_image(const struct nbd_served *s, const struct nbd_guest *g,
    const struct nbd_connection *c)
{
	return c->size == s->image.size &&
	       strcmp(c->identity, s->image.identity) == 0 &&
	       (!c->is_vague || is_client(g, s->client));
}

/* The handshake, as far as it is good for anything. */
static bool
check_offer(struct nbd_served *s, struct nbd_guest *g, struct nbd_connection *c)
{
	char why[512], *p;

	if (nbd_client_open(NULL, g->socket, &s->wish, c, why, sizeof(why)) ==
	    -1) {
		for (p = why; *p != '\0'; p++)
			if (*p < ' ' || *p > '~')
				*p = '?';
		nbd_door_tell(g, "refused %d %s", EX_PROTOCOL, why);
		return false;
	}
	if (c->size == 0 || c->size % SIZE_UNIT != 0)
		nbd_door_tell(g, "refused %d its size is no multiple of %d",
		    EX_DATAERR, SIZE_UNIT);
	else if (s->is_attached && !is_same_image(s, g, c))
		nbd_door_tell(
		    g, "waits %s", s->who[0] != '\0' ? s->who : "another");
	else
		return true;
	close(c->socket);
	return false;
}

/* It was handed in to a process before us, and the kernel has it. */
static void
hear_still(struct nbd_served *s, struct nbd_guest *g)
{
	int socket = g->socket;

	if (s->is_attached && s->socket == -1 && !is_shut(socket)) {
		g->socket = -1;
		hold(s, g, socket, false);
		return;
	}
	if (s->link == NBD_LINK_ALIVE)
		nbd_door_tell(g, "superseded %s", s->who);
	else
		nbd_door_tell(g, "lost");
	shutdown(socket, SHUT_RDWR);
	dismiss(s, g);
}

static int
hear_offer(struct nbd_served *s, struct nbd_guest *g)
{
	const char *holder = find_holder(s, g);
	struct nbd_connection c;

	if (g->offer.still) {
		hear_still(s, g);
		return NBD_SERVED_NOTHING;
	}
	if (holder != NULL) {
		nbd_door_tell(g, "taken %s", holder);
		dismiss(s, g);
		return NBD_SERVED_NOTHING;
	}
	if (!check_offer(s, g, &c)) {
		dismiss(s, g);
		return NBD_SERVED_NOTHING;
	}
	close(g->socket);
	g->socket = -1;
	if (!s->is_attached)
		return attach(s, g, &c);
	if (s->link == NBD_LINK_DEAD) {
		rejoin(s, g, &c);
		return NBD_SERVED_NOTHING;
	}
	if (s->link == NBD_LINK_ALIVE) {
		if (s->holder != NULL) {
			nbd_door_tell(s->holder, "superseded %s", g->offer.who);
			dismiss(s, s->holder);
		}
		begin_dying(s);
	}
	if (s->next != NULL) {
		nbd_door_tell(s->next, "superseded %s", g->offer.who);
		dismiss(s, s->next);
	}
	s->next = g;
	s->next_connection = c;
	return NBD_SERVED_NOTHING;
}

static int
hear_guests(struct nbd_served *s)
{
	enum nbd_door_news door;
	struct nbd_guest *g;
	int news = NBD_SERVED_NOTHING;

	while (news == NBD_SERVED_NOTHING && !s->is_ok &&
	       (door = nbd_door_next(&s->door, &g)) != NBD_DOOR_NOTHING) {
		if (door == NBD_DOOR_OFFER) {
			news = hear_offer(s, g);
			continue;
		}
		if (door == NBD_DOOR_LEAVE && g == s->holder)
			return NBD_SERVED_GONE;
		/* Who brought the link has ended, and so has the link. */
		if (g == s->holder && s->link == NBD_LINK_ALIVE)
			begin_dying(s);
		dismiss(s, g);
	}
	return news;
}

/* --- staying ------------------------------------------------------------ */

static int
end(struct nbd_served *s)
{
	struct nbd_guest *g;

	for (g = s->door.guests; g < s->door.guests + NBD_DOOR_GUESTS; g++)
		if (g->present)
			nbd_door_tell(g, "ended");
	s->is_attached = false;
	return NBD_SERVED_ENDED;
}

/* What follows from the time, and from what the link's socket shows. */
static int
look(struct nbd_served *s)
{
	if (s->is_ok) {
		s->is_ok = false;
		return NBD_SERVED_OK;
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
		return NBD_SERVED_DOWN;
	}
	return NBD_SERVED_NOTHING;
}

enum {
	KERNEL = NBD_DOOR_POLLS,
	STOP,
	LINK,
	POLLS
};

int
nbd_served_next(struct nbd_served *s)
{
	struct pollfd p[POLLS] = {{0}};
	int news, left;

	for (;;) {
		news = look(s);
		if (news == NBD_SERVED_NOTHING)
			news = hear_kernel(s);
		if (news == NBD_SERVED_NOTHING)
			news = hear_guests(s);
		if (news != NBD_SERVED_NOTHING)
			return news;
		if (s->is_ok)
			continue;
		left = nbd_door_poll(&s->door, p);
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
			return news != NBD_SERVED_ENDED ? NBD_SERVED_STOPPED
							: news;
		}
	}
}
