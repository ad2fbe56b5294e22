/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "unix/socket.h"
#include "nbd/handoff.h"
#include "nbd/handoff-client.h"
#include "unix/fd-passing.h"
#include "unix/relay.h"

#define RETRY_MS   100	 /* between two tries to connect */
#define LISTEN_MS  30000 /* for the server to listen, the first time */
#define WORD_MS	   5000	 /* for the server to say why a link ended */
#define LINGER_MS  1000	 /* for a `leave` after a link was lost */
#define LEAVE_MS   20000 /* for the device to be disconnected after it */
#define LINE_BYTES 1024

/* Not an exit status of sysexits(3): go on. */
#define GO_ON (-1)

struct join {
	const struct handoff_client *options;
	int link;    /* the socket that is handed in */
	int control; /* the connection to the server; -1: none */
	bool has_relay;
	bool is_attached; /* the kernel has used the link */
	bool is_shut;	  /* the link's socket is shut */
	bool is_lost;	  /* the server said that the link is lost */
	bool leaves;	  /* the client has finished ... */
	bool is_told;	  /* ... and has told the server */
	int64_t end;	  /* by clock_ms(): do not wait longer; 0: no limit */
	size_t have;
	char line[LINE_BYTES];
	char *why;
	size_t why_size;
};

static struct relay relay; /* too large for a stack */

/* --- the link ----------------------------------------------------------- */

/* Can the kernel's NBD use it? (It takes TCP and Unix streams.) */
static bool
is_usable(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a), type_len = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == 0 &&
	       type == SOCK_STREAM &&
	       getsockname(fd, (struct sockaddr *)&a, &len) == 0 &&
	       (a.ss_family == AF_UNIX || a.ss_family == AF_INET ||
		   a.ss_family == AF_INET6);
}

static int
open_link(struct join *j)
{
	int pair[2];

	j->link = STDIN_FILENO;
	if (is_usable(STDIN_FILENO))
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	j->link = pair[0];
	j->has_relay = true;
	relay_start(&relay, STDIN_FILENO, STDOUT_FILENO, pair[1]);
	return 0;
}

/* --- the server --------------------------------------------------------- */

static void
send_leave(struct join *j)
{
	if (j->control == -1 || j->is_told)
		return;
	j->is_told = true;
	(void)!send(j->control, "leave\n", 6, MSG_NOSIGNAL);
}

/* Connect, and hand in the link. Returns 0, or -1 with errno. */
static int
hand_in(struct join *j)
{
	char line[512];
	int len = snprintf(line, sizeof(line), "%s %s %s\n",
	    j->is_attached ? "still" : "source", j->options->client,
	    j->options->who);

	j->control = connect_unix(j->options->handoff);
	if (j->control == -1)
		return -1;
	j->have = 0;
	if (pass_send(j->control, line, (size_t)len, &j->link, 1) == 0) {
		if (j->leaves)
			send_leave(j);
		return 0;
	}
	close(j->control);
	j->control = -1;
	return -1;
}

/* Returns 0 when the link is handed in, or an exit status. */
static int
hand_in_first(struct join *j)
{
	int64_t end = clock_ms() + LISTEN_MS;
	struct pollfd leave = {j->options->leave, POLLIN, 0};

	while (hand_in(j) == -1) {
		if (clock_ms() >= end ||
		    (errno != ENOENT && errno != ECONNREFUSED)) {
			snprintf(j->why, j->why_size,
			    "unable to connect to %s: %s", j->options->handoff,
			    strerror(errno));
			return EX_UNAVAILABLE;
		}
		if (poll(&leave, 1, RETRY_MS) == 1) {
			snprintf(j->why, j->why_size,
			    "the connection ended before the image was "
			    "inserted");
			return EX_TEMPFAIL;
		}
	}
	return 0;
}

static int
lose(struct join *j)
{
	snprintf(j->why, j->why_size, "the connection is lost");
	return EX_IOERR;
}

/* Returns the rest of a line that starts with word; NULL: it does not. */
static const char *
rest_of(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0)
		return NULL;
	return line[len] == ' ' ? line + len + 1 : NULL;
}

static int
hear_line(struct join *j, const char *line)
{
	const char *rest;
	char *end;
	long status;

	if (strcmp(line, "ended") == 0)
		return 0;
	if (strcmp(line, "lost") == 0) {
		j->is_lost = true;
		if (!j->leaves)
			j->end = clock_ms() + LINGER_MS;
		return GO_ON;
	}
	if ((rest = rest_of(line, "attached")) != NULL) {
		j->is_attached = true;
		if (j->options->on_attached != NULL)
			j->options->on_attached(rest);
		return GO_ON;
	}
	if ((rest = rest_of(line, "taken")) != NULL)
		snprintf(j->why, j->why_size, "taken by %s", rest);
	else if ((rest = rest_of(line, "superseded")) != NULL)
		snprintf(j->why, j->why_size, "taken over by %s", rest);
	else if ((rest = rest_of(line, "waits")) != NULL)
		snprintf(j->why, j->why_size,
		    "the device waits for the image of %s, and this is another "
		    "image",
		    rest);
	else if ((rest = rest_of(line, "refused")) != NULL) {
		status = strtol(rest, &end, 10);
		snprintf(j->why, j->why_size, "refused:%s", end);
		return status >= EX_USAGE && status <= EX_CONFIG ? (int)status
								 : EX_PROTOCOL;
	} else
		return GO_ON; /* a word of a newer server */
	return EX_TEMPFAIL;
}

/* The server closed the connection without saying why. */
static int
lose_server(struct join *j)
{
	close(j->control);
	j->control = -1;
	j->is_told = false;
	if (j->is_attached && !j->is_shut && !j->is_lost)
		return GO_ON;
	/* A server whose device was disconnected removes its socket. */
	if (j->is_attached && access(j->options->handoff, F_OK) == -1)
		return 0;
	return j->leaves ? 0 : lose(j);
}

static int
hear_server(struct join *j)
{
	char *newline;
	ssize_t n;
	int status;

	n = recv(j->control, j->line + j->have, sizeof(j->line) - j->have,
	    MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return GO_ON;
	if (n <= 0)
		return lose_server(j);
	j->have += (size_t)n;
	while ((newline = memchr(j->line, '\n', j->have)) != NULL) {
		*newline++ = '\0';
		status = hear_line(j, j->line);
		if (status != GO_ON)
			return status;
		j->have -= (size_t)(newline - j->line);
		memmove(j->line, newline, j->have);
	}
	if (j->have == sizeof(j->line))
		j->have = 0;
	return GO_ON;
}

/* --- staying ------------------------------------------------------------ */

/* The link's socket is shut; the server will say why. */
static int
notice_end(struct join *j)
{
	j->is_shut = true;
	if (j->end == 0)
		j->end = clock_ms() + WORD_MS;
	if (j->control != -1)
		return GO_ON;
	if (access(j->options->handoff, F_OK) == -1)
		return 0;
	return j->leaves ? 0 : lose(j);
}

static void
begin_leaving(struct join *j)
{
	j->leaves = true;
	j->end = clock_ms() + LEAVE_MS;
	send_leave(j);
}

enum {
	CONTROL = RELAY_POLLS,
	LINK,
	LEAVE,
	POLLS
};

static int
wait_for_more(struct join *j, struct pollfd p[POLLS])
{
	int left = -1;

	if (j->has_relay)
		relay_poll(&relay, p);
	else
		p[0].fd = p[1].fd = p[2].fd = -1;
	p[CONTROL] = (struct pollfd){j->control, POLLIN, 0};
	p[LINK] = (struct pollfd){j->is_shut ? -1 : j->link, POLLRDHUP, 0};
	p[LEAVE] =
	    (struct pollfd){j->leaves ? -1 : j->options->leave, POLLIN, 0};
	if (j->end != 0)
		left = j->end > clock_ms() ? (int)(j->end - clock_ms()) : 0;
	if (j->control == -1 && (left == -1 || left > RETRY_MS))
		left = RETRY_MS;
	return poll(p, POLLS, left);
}

static int
stay(struct join *j)
{
	struct pollfd p[POLLS] = {{0}};
	int status = GO_ON;

	while (status == GO_ON) {
		if (wait_for_more(j, p) == -1)
			continue;
		if (p[LEAVE].revents != 0)
			begin_leaving(j);
		if (j->has_relay)
			relay_move(&relay);
		if (j->control != -1)
			status = hear_server(j);
		if (status == GO_ON && !j->is_shut && p[LINK].revents != 0)
			status = notice_end(j);
		if (status == GO_ON && j->control == -1)
			hand_in(j);
		if (status == GO_ON && j->end != 0 && clock_ms() >= j->end)
			status = lose(j);
	}
	return status;
}

int
handoff_client_run(
    const struct handoff_client *options, char *why, size_t why_size)
{
	struct join j = {.options = options,
	    .control = -1,
	    .why = why,
	    .why_size = why_size};
	char line[HANDOFF_LINE_MAX + 1];
	struct handoff_offer offer;
	int len, status;

	len = snprintf(
	    line, sizeof(line), "source %s %s", options->client, options->who);
	if (len >= (int)sizeof(line) || handoff_parse(line, &offer) == -1) {
		snprintf(why, why_size,
		    "unable to use the client's name: it is too long or "
		    "malformed");
		return EX_USAGE;
	}
	if (open_link(&j) == -1) {
		snprintf(why, why_size, "unable to make a pair of sockets: %s",
		    strerror(errno));
		return EX_OSERR;
	}
	status = hand_in_first(&j);
	if (status == 0)
		status = stay(&j);
	if (j.has_relay)
		relay_end(&relay);
	return status;
}
