/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "nbd/handoff-link.h"

bool
handoff_link_is_shut(int socket)
{
	struct pollfd p = {socket, POLLRDHUP, 0};

	return poll(&p, 1, 0) == 1;
}

struct nbd_apart *
handoff_link_check(struct handoff_server *s, const struct handoff_peer *g)
{
	return &s->checks[g - s->handoff.peers];
}

void
handoff_link_dismiss(struct handoff_server *s, struct handoff_peer *g)
{
	nbd_apart_cancel(handoff_link_check(s, g));
	if (s->holder == g)
		s->holder = NULL;
	if (s->next == g) {
		s->next = NULL;
		close(s->next_connection.socket);
	}
	handoff_dismiss(g);
}

void
handoff_link_supersede(
    struct handoff_server *s, struct handoff_peer *g, const char *who)
{
	if (g == NULL)
		return;
	handoff_tell(g, "superseded %s", who);
	handoff_link_dismiss(s, g);
}

void
handoff_link_end(struct handoff_server *s)
{
	shutdown(s->socket, SHUT_RDWR);
	s->link = NBD_LINK_DYING;
	s->dying_since = clock_ms();
}

void
handoff_link_hold(
    struct handoff_server *s, struct handoff_peer *g, int socket, bool checked)
{
	if (s->holder != g)
		handoff_link_supersede(s, s->holder, g->offer.who);
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

void
handoff_link_replace(
    struct handoff_server *s, struct handoff_peer *g, struct nbd_connection *c)
{
	struct nbd_link link = make_link(s, c);

	if (nbd_kernel_rejoin(s->kernel, &link) == 0) {
		handoff_link_hold(s, g, c->socket, true);
		return;
	}
	close(c->socket);
	handoff_tell(g, "refused %d the kernel does not accept the image: %s",
	    EX_OSERR, strerror(errno));
	handoff_link_dismiss(s, g);
}

int
handoff_link_bury(struct handoff_server *s)
{
	struct nbd_connection c = s->next_connection;
	struct handoff_peer *g = s->next;

	s->link = NBD_LINK_DEAD;
	s->since = clock_ms();
	if (s->holder != NULL)
		handoff_tell(s->holder, "lost");
	/* An NBD server without a control connection cannot report anything. */
	if (s->holder != NULL && s->holder->control == -1)
		handoff_link_dismiss(s, s->holder);
	if (g == NULL)
		return HANDOFF_SERVER_WAITING;
	s->next = NULL;
	handoff_link_replace(s, g, &c);
	return s->link == NBD_LINK_ALIVE ? HANDOFF_SERVER_NOTHING
					 : HANDOFF_SERVER_WAITING;
}

int
handoff_link_repeat(struct handoff_server *s)
{
	struct nbd_connection c = {.socket = s->socket};
	struct nbd_link link = make_link(s, &c);

	if (s->is_checked && nbd_kernel_rejoin(s->kernel, &link) == 0)
		return HANDOFF_SERVER_NOTHING;
	shutdown(s->socket, SHUT_RDWR);
	return handoff_link_bury(s);
}

int
handoff_link_attach(
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
	handoff_link_hold(s, g, c->socket, true);
	return HANDOFF_SERVER_ATTACHED;
}
