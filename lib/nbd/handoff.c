/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "unix/socket.h"
#include "nbd/handoff.h"
#include "unix/fd-passing.h"

#define NBD_SERVER "an NBD server" /* WHO of a peer that speaks first */

/* --- what they say ------------------------------------------------------ */

static bool
is_client_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static int
not_an_offer(void)
{
	errno = EPROTO;
	return -1;
}

int
handoff_parse(const char *line, struct handoff_offer *offer)
{
	const char *p = line;
	size_t n, who;

	offer->still = strncmp(p, "still ", 6) == 0;
	if (!offer->still && strncmp(p, "source ", 7) != 0)
		return not_an_offer();
	p = strchr(p, ' ') + 1;
	for (n = 0; is_client_char(p[n]); n++)
		if (n == HANDOFF_CLIENT_MAX)
			return not_an_offer();
	if (n == 0 || p[n] != ' ')
		return not_an_offer();
	memcpy(offer->client, p, n);
	offer->client[n] = '\0';
	p += n + 1;
	for (who = 0; p[who] >= ' ' && p[who] <= '~'; who++)
		if (who == HANDOFF_WHO_MAX)
			return not_an_offer();
	if (who == 0 || p[who] != '\0')
		return not_an_offer();
	memcpy(offer->who, p, who + 1);
	return 0;
}

/* --- the socket --------------------------------------------------------- */

int
handoff_open(struct handoff *handoff, const char *path)
{
	memset(handoff, 0, sizeof(*handoff));
	handoff->path = path;
	handoff->listener = listen_unix(path);
	if (handoff->listener == -1)
		return -1;
	return fcntl(handoff->listener, F_SETFL, O_NONBLOCK) == -1 ? -1 : 0;
}

void
handoff_close(struct handoff *handoff, bool remove)
{
	int i;

	for (i = 0; i < HANDOFF_PEERS; i++)
		handoff_dismiss(&handoff->peers[i]);
	close(handoff->listener);
	if (remove)
		unlink(handoff->path);
}

int
handoff_poll(const struct handoff *handoff, struct pollfd p[HANDOFF_POLLS])
{
	int64_t first = -1, left;
	int i;

	p[HANDOFF_PEERS] = (struct pollfd){handoff->listener, POLLIN, 0};
	for (i = 0; i < HANDOFF_PEERS; i++) {
		const struct handoff_peer *g = &handoff->peers[i];

		p[i] = (struct pollfd){g->present ? g->control : -1, POLLIN, 0};
		if (!g->present || g->has_offered)
			continue;
		left = g->limit > clock_ms() ? g->limit - clock_ms() : 0;
		if (first == -1 || left < first)
			first = left;
	}
	return (int)first;
}

void
handoff_dismiss(struct handoff_peer *g)
{
	if (!g->present)
		return;
	if (g->control != -1)
		close(g->control);
	if (g->socket != -1)
		close(g->socket);
	g->present = false;
}

void
handoff_tell(struct handoff_peer *g, const char *format, ...)
{
	char line[1024];
	va_list arguments;
	size_t len;

	if (g->control == -1)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	len = strlen(line);
	line[len++] = '\n';
	(void)!send(g->control, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Find a free entry. If there is none, dismiss the peer that has been silent
 * for the longest time. NULL: all peers have sent their line. */
static struct handoff_peer *
find_place(struct handoff *handoff)
{
	struct handoff_peer *oldest = NULL, *g;

	for (g = handoff->peers; g < handoff->peers + HANDOFF_PEERS; g++) {
		if (!g->present)
			return g;
		if (!g->has_offered &&
		    (oldest == NULL || g->limit < oldest->limit))
			oldest = g;
	}
	if (oldest != NULL)
		handoff_dismiss(oldest);
	return oldest;
}

static void
let_in(struct handoff *handoff)
{
	struct handoff_peer *g;
	int fd;

	while ((fd = accept4(handoff->listener, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK)) != -1) {
		g = find_place(handoff);
		if (g == NULL) {
			close(fd);
			continue;
		}
		*g = (struct handoff_peer){.present = true,
		    .control = fd,
		    .socket = -1,
		    .limit = clock_ms() + HANDOFF_LIMIT_MS};
	}
}

/* --- peers ------------------------------------------------------------- */

/* An NBD server begins with NBDMAGIC, and no line of a peer begins with N. */
static bool
is_server(const struct handoff_peer *g)
{
	char first;

	return recv(g->control, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 &&
	       first == 'N';
}

static enum handoff_news
take_server(struct handoff_peer *g)
{
	g->socket = g->control;
	g->control = -1;
	g->has_offered = true;
	strcpy(g->offer.client, "-");
	strcpy(g->offer.who, NBD_SERVER);
	return HANDOFF_OFFER;
}

/* Take the first line that has arrived. False: it is not complete yet. */
static bool
next_line(struct handoff_peer *g, char line[HANDOFF_LINE_MAX + 1])
{
	char *end = memchr(g->line, '\n', g->have);
	size_t len;

	if (end == NULL)
		return false;
	len = (size_t)(end - g->line);
	memcpy(line, g->line, len);
	line[len] = '\0';
	if (strlen(line) != len)
		line[0] = '\0'; /* a line with a NUL is invalid */
	g->have -= len + 1;
	memmove(g->line, end + 1, g->have);
	return true;
}

static bool
is_socket(int fd)
{
	struct stat st;

	return fd != -1 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static enum handoff_news
hear_line(struct handoff_peer *g, const char *line)
{
	if (g->has_offered)
		return strcmp(line, "leave") == 0 ? HANDOFF_LEAVE
						  : HANDOFF_LOST;
	if (handoff_parse(line, &g->offer) == -1 || !is_socket(g->socket))
		return HANDOFF_LOST;
	g->has_offered = true;
	return HANDOFF_OFFER;
}

static enum handoff_news
hear(struct handoff_peer *g)
{
	char line[HANDOFF_LINE_MAX + 1];
	int unwanted = g->control; /* only the offer comes with a descriptor */
	ssize_t n;

	if (!g->has_offered && g->have == 0 && is_server(g))
		return take_server(g);
	if (next_line(g, line))
		return hear_line(g, line);
	if (g->have == sizeof(g->line))
		return HANDOFF_LOST;
	n = pass_receive(g->control, g->line + g->have,
	    sizeof(g->line) - g->have, g->has_offered ? &unwanted : &g->socket,
	    1);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		return HANDOFF_LOST;
	if (n > 0)
		g->have += (size_t)n;
	if (n > 0 && next_line(g, line))
		return hear_line(g, line);
	return !g->has_offered && clock_ms() >= g->limit ? HANDOFF_LOST
							 : HANDOFF_NOTHING;
}

enum handoff_news
handoff_next(struct handoff *handoff, struct handoff_peer **peer)
{
	enum handoff_news news;
	struct handoff_peer *g;

	let_in(handoff);
	for (g = handoff->peers; g < handoff->peers + HANDOFF_PEERS; g++) {
		if (!g->present || g->control == -1)
			continue;
		news = hear(g);
		if (news == HANDOFF_NOTHING)
			continue;
		*peer = g;
		return news;
	}
	return HANDOFF_NOTHING;
}
