/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>

#include "drive/control.h"
#include "unix/socket.h"

int
drive_control_open(struct drive_control *c, const char *path)
{
	size_t i;

	for (i = 0; i < DRIVE_CLIENTS; i++)
		c->clients[i].fd = -1;
	c->listener = listen_unix(path);
	return c->listener == -1 ? -1 : 0;
}

static void
drop(struct drive_client *client)
{
	close(client->fd);
	client->fd = -1;
}

void
drive_control_close(struct drive_control *c)
{
	size_t i;

	for (i = 0; i < DRIVE_CLIENTS; i++)
		if (c->clients[i].fd != -1)
			drop(&c->clients[i]);
	close(c->listener);
}

void
drive_control_end(struct drive_control *c)
{
	size_t i;

	for (i = 0; i < DRIVE_CLIENTS; i++)
		if (c->clients[i].fd != -1 && c->clients[i].wait != WAIT_END)
			drop(&c->clients[i]);
	close(c->listener);
}

void
drive_control_poll(const struct drive_control *c, struct pollfd p[DRIVE_POLLS])
{
	bool has_room = false;
	size_t i;

	for (i = 0; i < DRIVE_CLIENTS; i++) {
		p[i] = (struct pollfd){c->clients[i].fd, POLLIN, 0};
		has_room = has_room || c->clients[i].fd == -1;
	}
	p[DRIVE_CLIENTS] =
	    (struct pollfd){has_room ? c->listener : -1, POLLIN, 0};
}

static void
take_connection(struct drive_control *c)
{
	struct drive_client *client = c->clients;

	while (client < c->clients + DRIVE_CLIENTS && client->fd != -1)
		client++;
	if (client == c->clients + DRIVE_CLIENTS)
		return;
	client->fd =
	    accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	client->have = 0;
	client->wait = WAIT_NOTHING;
}

/* One that has left does not call off what it has asked for. */
static void
hear(struct drive_client *client,
    void (*asked)(void *, struct drive_client *, const char *), void *arg)
{
	size_t room = sizeof(client->line) - client->have;
	ssize_t n = recv(client->fd, client->line + client->have, room, 0);
	char *end;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || client->wait != WAIT_NOTHING || (size_t)n == room) {
		drop(client);
		return;
	}
	client->have += (size_t)n;
	end = memchr(client->line, '\n', client->have);
	if (end == NULL)
		return;
	*end = '\0';
	asked(arg, client, client->line);
}

void
drive_control_move(struct drive_control *c,
    void (*asked)(void *, struct drive_client *, const char *), void *arg)
{
	struct pollfd p[DRIVE_POLLS];
	size_t i;

	drive_control_poll(c, p);
	if (poll(p, DRIVE_POLLS, 0) <= 0)
		return;
	for (i = 0; i < DRIVE_CLIENTS; i++)
		if (p[i].revents != 0)
			hear(&c->clients[i], asked, arg);
	if (p[DRIVE_CLIENTS].revents != 0)
		take_connection(c);
}

bool
drive_control_reply(struct drive_client *client, const struct failure *why)
{
	char line[FAILURE_TEXT_SIZE + 64] = "done\n";
	int n = (int)strlen(line);
	bool is_there;

	if (why != NULL)
		n = snprintf(line, sizeof(line), "failed %d %s %s\n",
		    why->status, cause_word(why->cause, why->status),
		    why->text);
	is_there = send(client->fd, line, (size_t)n, MSG_NOSIGNAL) == n;
	drop(client);
	return is_there;
}

unsigned
drive_control_reply_all(
    struct drive_control *c, enum drive_wait wait, const struct failure *why)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i < DRIVE_CLIENTS; i++) {
		if (c->clients[i].fd == -1 || c->clients[i].wait != wait)
			continue;
		count += drive_control_reply(&c->clients[i], why) ? 1 : 0;
	}
	return count;
}
