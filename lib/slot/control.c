/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slot/control.h"
#include "unix/socket.h"

#define REQUEST_MAX 64
#define ANSWER_MAX  4096

struct client {
	int fd; /* -1: free */
	enum control_kind kind;
	bool closed; /* it has closed its side, and only listens */
	size_t have;
	char request[REQUEST_MAX];
};

struct control {
	int fd;
	struct client clients[CONTROL_CLIENTS];
};

struct control *
control_open(const char *path)
{
	struct control *c = calloc(1, sizeof(*c));
	int i;

	if (c == NULL)
		return NULL;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		c->clients[i].fd = -1;
	c->fd = listen_unix(path);
	if (c->fd == -1) {
		free(c);
		return NULL;
	}
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	return c;
}

static void
drop(struct client *client)
{
	close(client->fd);
	client->fd = -1;
	client->kind = CONTROL_NONE;
	client->closed = false;
	client->have = 0;
}

/* Find a place for a new client: a free one, or that of a client that has not
 * asked yet. */
static struct client *
find_place(struct control *c)
{
	int i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd == -1)
			return &c->clients[i];
	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].kind == CONTROL_NONE)
			return &c->clients[i];
	return NULL;
}

static bool
has_place(const struct control *c)
{
	int i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd == -1 ||
		    c->clients[i].kind == CONTROL_NONE)
			return true;
	return false;
}

void
control_close(struct control *c, const char *path)
{
	int i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd != -1)
			drop(&c->clients[i]);
	unlink(path);
	close(c->fd);
	free(c);
}

void
control_poll(const struct control *c, struct pollfd p[CONTROL_POLLS])
{
	int i;

	/* Without a place, do not poll for new clients: it would be a busy
	 * loop. */
	p[0] = (struct pollfd){has_place(c) ? c->fd : -1, POLLIN, 0};
	for (i = 0; i < CONTROL_CLIENTS; i++)
		p[i + 1] = (struct pollfd){
		    c->clients[i].fd, c->clients[i].closed ? 0 : POLLIN, 0};
}

/* --- requests ------------------------------------------------------------- */

static void
take_clients(struct control *c)
{
	struct client *place;
	int fd, n;

	for (n = 0; n < CONTROL_CLIENTS; n++) {
		place = find_place(c);
		if (place == NULL)
			return;
		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd == -1)
			return;
		if (place->fd != -1)
			drop(place);
		place->fd = fd;
	}
}

/* Has the client closed both directions? */
static bool
has_gone(const struct client *client)
{
	struct pollfd p = {client->fd, 0, 0};

	return poll(&p, 1, 0) == 1;
}

/* Returns whether the client's request is complete. Drops a client that has
 * gone. */
static bool
take_request(struct client *client)
{
	size_t room = sizeof(client->request) - 1 - client->have;
	char rest[REQUEST_MAX];
	ssize_t n;

	/* A client that has asked sends no more: read only to see its end. */
	if (client->kind != CONTROL_NONE)
		n = read(client->fd, rest, sizeof(rest));
	else
		n = read(client->fd, client->request + client->have, room);
	client->closed = n == 0;
	if ((n == 0 && (client->kind == CONTROL_NONE || has_gone(client))) ||
	    (n == -1 && errno != EAGAIN)) {
		drop(client);
		return false;
	}
	if (n == -1 || client->kind != CONTROL_NONE)
		return false;
	client->have += (size_t)n;
	client->request[client->have] = '\0';
	if (strchr(client->request, '\n') == NULL) {
		if (client->have == sizeof(client->request) - 1)
			drop(client);
		return false;
	}
	client->request[strcspn(client->request, "\n")] = '\0';
	return true;
}

void
control_move(struct control *c, void (*asked)(void *, const char *, int client),
    void *arg)
{
	int i;

	take_clients(c);
	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd != -1 && take_request(&c->clients[i]))
			asked(arg, c->clients[i].request, i);
}

void
control_adopt(struct control *c, int fd, enum control_kind kind)
{
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	c->clients[0].fd = fd;
	c->clients[0].kind = kind;
}

void
control_set(struct control *c, int client, enum control_kind kind)
{
	c->clients[client].kind = kind;
}

int
control_find(const struct control *c, enum control_kind kind)
{
	int i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd != -1 && c->clients[i].kind == kind)
			return c->clients[i].fd;
	return -1;
}

/* --- answers ---------------------------------------------------------------- */

/* Never wait: a few short lines fit into any socket. */
static void
send_line(struct client *client, const char *word, const char *text)
{
	char line[ANSWER_MAX];
	int n = snprintf(line, sizeof(line) - 1, "%s%s%s", word,
	    *text != '\0' ? " " : "", text);

	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	send(client->fd, line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
reply(struct client *client, enum cause cause, int status, const char *text)
{
	char word[48];

	snprintf(word, sizeof(word), "failed %d %s", status,
	    cause_word(cause, status));
	if (status == 0)
		send_line(client, "done", "");
	else
		send_line(client, word, text);
	drop(client);
}

void
control_reply(struct control *c, int client, int status, const char *text)
{
	reply(&c->clients[client], CAUSE_USUAL, status, text);
}

void
control_answer(struct control *c, enum control_kind kind, enum cause cause,
    int status, const char *text)
{
	int i;

	for (i = 0; c != NULL && i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd != -1 && c->clients[i].kind == kind)
			reply(&c->clients[i], cause, status, text);
}

void
control_state(struct control *c, const char *word)
{
	int i;

	for (i = 0; c != NULL && i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd != -1 &&
		    c->clients[i].kind == CONTROL_WATCH)
			send_line(&c->clients[i], "state", word);
}

void
control_step(struct control *c, const char *text)
{
	int i;

	for (i = 0; c != NULL && i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd != -1 &&
		    (c->clients[i].kind == CONTROL_FOLLOW ||
			c->clients[i].kind == CONTROL_EJECT))
			send_line(&c->clients[i], "step", text);
}
