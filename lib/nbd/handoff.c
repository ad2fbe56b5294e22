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

#define NBD_SERVER "an NBD server" /* who speaks first is called so */

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
nbd_door_parse(const char *line, struct nbd_offer *offer)
{
	const char *p = line;
	size_t n, who;

	offer->still = strncmp(p, "still ", 6) == 0;
	if (!offer->still && strncmp(p, "source ", 7) != 0)
		return not_an_offer();
	p = strchr(p, ' ') + 1;
	for (n = 0; is_client_char(p[n]); n++)
		if (n == NBD_DOOR_CLIENT_MAX)
			return not_an_offer();
	if (n == 0 || p[n] != ' ')
		return not_an_offer();
	memcpy(offer->client, p, n);
	offer->client[n] = '\0';
	p += n + 1;
	for (who = 0; p[who] >= ' ' && p[who] <= '~'; who++)
		if (who == NBD_DOOR_WHO_MAX)
			return not_an_offer();
	if (who == 0 || p[who] != '\0')
		return not_an_offer();
	memcpy(offer->who, p, who + 1);
	return 0;
}

/* --- the door ----------------------------------------------------------- */

int
nbd_door_open(struct nbd_door *door, const char *path)
{
	memset(door, 0, sizeof(*door));
	door->path = path;
	door->listener = listen_unix(path);
	if (door->listener == -1)
		return -1;
	return fcntl(door->listener, F_SETFL, O_NONBLOCK) == -1 ? -1 : 0;
}

void
nbd_door_close(struct nbd_door *door, bool remove)
{
	int i;

	for (i = 0; i < NBD_DOOR_GUESTS; i++)
		nbd_door_dismiss(&door->guests[i]);
	close(door->listener);
	if (remove)
		unlink(door->path);
}

int
nbd_door_poll(const struct nbd_door *door, struct pollfd p[NBD_DOOR_POLLS])
{
	int64_t first = -1, left;
	int i;

	p[NBD_DOOR_GUESTS] = (struct pollfd){door->listener, POLLIN, 0};
	for (i = 0; i < NBD_DOOR_GUESTS; i++) {
		const struct nbd_guest *g = &door->guests[i];

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
nbd_door_dismiss(struct nbd_guest *g)
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
nbd_door_tell(struct nbd_guest *g, const char *format, ...)
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

/* Where a new one has its place: one that is free, or that of who has been
 * here longest without a word. */
static struct nbd_guest *
find_place(struct nbd_door *door)
{
	struct nbd_guest *oldest = NULL, *g;

	for (g = door->guests; g < door->guests + NBD_DOOR_GUESTS; g++) {
		if (!g->present)
			return g;
		if (!g->has_offered &&
		    (oldest == NULL || g->limit < oldest->limit))
			oldest = g;
	}
	if (oldest != NULL)
		nbd_door_dismiss(oldest);
	return oldest;
}

static void
let_in(struct nbd_door *door)
{
	struct nbd_guest *g;
	int fd;

	while ((fd = accept4(door->listener, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK)) != -1) {
		g = find_place(door);
		if (g == NULL) {
			close(fd);
			continue;
		}
		*g = (struct nbd_guest){.present = true,
		    .control = fd,
		    .socket = -1,
		    .limit = clock_ms() + NBD_DOOR_LIMIT_MS};
	}
}

/* --- guests ------------------------------------------------------------- */

/* Is its connection the NBD connection itself? It begins with NBDMAGIC. */
static bool
is_server(const struct nbd_guest *g)
{
	char first;

	return recv(g->control, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 &&
	       first == 'N';
}

static enum nbd_door_news
take_server(struct nbd_guest *g)
{
	g->socket = g->control;
	g->control = -1;
	g->has_offered = true;
	strcpy(g->offer.client, "-");
	strcpy(g->offer.who, NBD_SERVER);
	return NBD_DOOR_OFFER;
}

/* Cut the first line out of what has come. False: there is none yet. */
static bool
next_line(struct nbd_guest *g, char line[NBD_DOOR_LINE_MAX + 1])
{
	char *end = memchr(g->line, '\n', g->have);
	size_t len;

	if (end == NULL)
		return false;
	len = (size_t)(end - g->line);
	memcpy(line, g->line, len);
	line[len] = '\0';
	if (strlen(line) != len)
		line[0] = '\0'; /* a NUL: no word of ours */
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

static enum nbd_door_news
hear_line(struct nbd_guest *g, const char *line)
{
	if (g->has_offered)
		return strcmp(line, "leave") == 0 ? NBD_DOOR_LEAVE
						  : NBD_DOOR_LOST;
	if (nbd_door_parse(line, &g->offer) == -1 || !is_socket(g->socket))
		return NBD_DOOR_LOST;
	g->has_offered = true;
	return NBD_DOOR_OFFER;
}

static enum nbd_door_news
hear(struct nbd_guest *g)
{
	char line[NBD_DOOR_LINE_MAX + 1];
	int unwanted = g->control; /* none but the offer's descriptor */
	ssize_t n;

	if (!g->has_offered && g->have == 0 && is_server(g))
		return take_server(g);
	if (next_line(g, line))
		return hear_line(g, line);
	if (g->have == sizeof(g->line))
		return NBD_DOOR_LOST;
	n = pass_receive(g->control, g->line + g->have,
	    sizeof(g->line) - g->have, g->has_offered ? &unwanted : &g->socket,
	    1);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		return NBD_DOOR_LOST;
	if (n > 0)
		g->have += (size_t)n;
	if (n > 0 && next_line(g, line))
		return hear_line(g, line);
	return !g->has_offered && clock_ms() >= g->limit ? NBD_DOOR_LOST
							 : NBD_DOOR_NOTHING;
}

enum nbd_door_news
nbd_door_next(struct nbd_door *door, struct nbd_guest **guest)
{
	enum nbd_door_news news;
	struct nbd_guest *g;

	let_in(door);
	for (g = door->guests; g < door->guests + NBD_DOOR_GUESTS; g++) {
		if (!g->present || g->control == -1)
			continue;
		news = hear(g);
		if (news == NBD_DOOR_NOTHING)
			continue;
		*guest = g;
		return news;
	}
	return NBD_DOOR_NOTHING;
}
