/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * When a medium has ended, its clients may still hold tickets with which they
 * could connect again (ws-monitor/ticket-check.h). Such a ticket is changed: it
 * now only tells the client how the medium ended.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slot/slot.h"

#define TOLD_SECONDS 86400 /* a changed ticket tells the end this long */
#define TOLD_MAX     200   /* bytes of that text */
#define TICKET_SIZE  4096

/* Read a whole ticket. Returns false on failure. */
static bool
read_ticket(const char *path, char text[TICKET_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = -1;

	if (fd != -1) {
		n = read(fd, text, TICKET_SIZE - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static bool
has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (; text != NULL && *text != '\0'; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, line, len) == 0 &&
		    (text[len] == '\n' || text[len] == '\0'))
			return true;
	}
	return false;
}

static void
write_paths(int fd, const char *text)
{
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (strncmp(text, "path ", 5) == 0)
			dprintf(fd, "%.*s\n", (int)len, text);
	}
}

/* How the medium ended, as one line of plain text. */
static void
word_end(const struct slot *s, char line[TOLD_MAX + 1])
{
	const char *why = *s->error != '\0' ? s->error
			  : *s->reason != '\0'
			      ? s->reason
			      : "the client was not connected at that time";
	char *at;

	snprintf(
	    line, TOLD_MAX + 1, "ended %d %.*s", s->status, TOLD_MAX - 20, why);
	for (at = line; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
}

static void
end_ticket(const struct slot *s, const char *name)
{
	char path[PATH_MAX], other[PATH_MAX], text[TICKET_SIZE];
	char line[TOLD_MAX + 1];
	bool whole;
	int fd;

	snprintf(path, sizeof(path), "%s/tickets/%s", s->state.run, name);
	snprintf(
	    other, sizeof(other), "%s/tickets/.%u", s->state.run, s->number);
	if (!read_ticket(path, text))
		return;
	fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return;
	word_end(s, line);
	dprintf(fd, "expires %" PRId64 "\n", state_now() + TOLD_SECONDS);
	write_paths(fd, text);
	/* If the disk is full, the last line is missing. */
	whole = dprintf(fd, "%s\n", line) == (int)strlen(line) + 1;
	if (close(fd) == 0 && whole)
		rename(other, path);
	else
		unlink(other);
}

/* Does this ticket let a client connect to this medium again? A ticket that is
 * newer than the client's belongs to a client that takes over the slot. */
static bool
is_ours(const struct slot *s, const char *name, const struct timespec *newer)
{
	char path[PATH_MAX], text[TICKET_SIZE], line[32];
	struct stat st;

	snprintf(path, sizeof(path), "%s/tickets/%s", s->state.run, name);
	snprintf(line, sizeof(line), "path /vm/%u", s->number);
	if (*name == '.' || lstat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    !read_ticket(path, text) || !has_line(text, "resume yes") ||
	    !has_line(text, line))
		return false;
	return newer->tv_sec == 0 || st.st_mtim.tv_sec < newer->tv_sec ||
	       (st.st_mtim.tv_sec == newer->tv_sec &&
		   st.st_mtim.tv_nsec <= newer->tv_nsec);
}

/* Note the client that takes over the slot. False: rewrite no ticket. */
static bool
note_taker(struct slot *s, struct timespec *newer)
{
	static const char *const names[] = {"taken", NULL};
	char taker[STATE_VALUE_MAX], path[PATH_MAX];
	struct stat st;

	*newer = (struct timespec){0, 0};
	if (!state_get(&s->state, "taken", taker))
		return true;
	snprintf(s->reason, sizeof(s->reason), "taken over by %.200s", taker);
	state_remove(&s->state, names);
	/* If vm-fetchd served the image, there is no client. */
	if (stat(state_path(&s->state, "client", path), &st) == -1)
		return false;
	*newer = st.st_mtim;
	return true;
}

/* Remember a ticket. Without memory, the ticket is rewritten only once. */
static void
remember(struct slot *s, const char *name)
{
	char **more = realloc(s->ended, (s->nended + 1) * sizeof(*more));

	if (more == NULL)
		return;
	s->ended = more;
	s->ended[s->nended] = strdup(name);
	if (s->ended[s->nended] != NULL)
		s->nended++;
}

static void
find_tickets(struct slot *s)
{
	struct timespec newer;
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;

	if (!note_taker(s, &newer))
		return;
	snprintf(path, sizeof(path), "%s/tickets", s->state.run);
	dir = opendir(path);
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (is_ours(s, entry->d_name, &newer))
			remember(s, entry->d_name);
	closedir(dir);
}

void
slot_end_tickets(struct slot *s)
{
	size_t i;

	if (!s->tickets_ended)
		find_tickets(s);
	s->tickets_ended = true;
	for (i = 0; i < s->nended; i++)
		end_ticket(s, s->ended[i]);
}
