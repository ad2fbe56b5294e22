/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bearssl.h>

#include "base/hex.h"
#include "base/number.h"
#include "unix/atomic-file.h"
#include "ws-monitor/ticket-check.h"

#define ALPHABET                                               \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
	"0123456789-_"
#define FILE_SIZE      4096 /* bytes of a ticket's file */
#define PATH_SIZE      4096
#define RESUME_SECONDS 300 /* for a bearer without a session */

struct ticket {
	char text[FILE_SIZE];
	uint64_t expires;
	bool is_once, is_for_path, is_resume, is_held;
	char ended[TICKET_ENDED_MAX];
};

static uint64_t
uptime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec;
}

/* The path of the ticket for a word. Returns false if it cannot be a ticket. */
static bool
find(char path[PATH_SIZE], const char *dir, const char *word)
{
	unsigned char hash[br_sha256_SIZE];
	br_sha256_context sha;
	size_t n = strlen(dir);

	if (strlen(word) < TICKET_WORD_MIN ||
	    strspn(word, ALPHABET) != strlen(word) ||
	    n + 2 + 2 * sizeof(hash) > PATH_SIZE)
		return false;
	br_sha256_init(&sha);
	br_sha256_update(&sha, word, strlen(word));
	br_sha256_out(&sha, hash);
	memcpy(path, dir, n);
	path[n++] = '/';
	hex_encode(path + n, hash, sizeof(hash));
	return true;
}

static bool
load(const char *file, struct ticket *t)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, t->text, sizeof(t->text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	t->text[n] = '\0';
	return true;
}

/* Parse a ticket's lines. A line that we do not know makes it invalid. */
static bool
understand(struct ticket *t, const char *path)
{
	char copy[FILE_SIZE], *line, *rest, *value;

	strcpy(copy, t->text);
	for (line = strtok_r(copy, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		value = strchr(line, ' ');
		if (value == NULL)
			return false;
		*value++ = '\0';
		if (strcmp(line, "path") == 0)
			t->is_for_path =
			    t->is_for_path || strcmp(value, path) == 0;
		else if (strcmp(line, "once") == 0)
			t->is_once = strcmp(value, "no") != 0;
		else if (strcmp(line, "resume") == 0) {
			t->is_resume = strcmp(value, "yes") == 0;
			t->is_held = strcmp(value, "held") == 0;
		} else if (strcmp(line, "ended") == 0)
			snprintf(t->ended, sizeof(t->ended), "%s", value);
		else if (strcmp(line, "expires") != 0 ||
			 number_parse(value, 0, UINT64_MAX, &t->expires) == -1)
			return false;
	}
	return true;
}

static const char *
name_of(const char *file)
{
	return strrchr(file, '/') + 1;
}

/* Make `resume` a ticket for the same paths. */
static void
allow_again(const char *dir, const struct ticket *t, const char *resume,
    struct ticket_grant *grant)
{
	char file[PATH_SIZE], text[FILE_SIZE + 64], copy[FILE_SIZE];
	char *line, *rest;
	size_t n;

	if (!find(file, dir, resume))
		return;
	n = (size_t)snprintf(text, sizeof(text),
	    "expires %llu\nonce no\nresume yes",
	    (unsigned long long)(uptime() + RESUME_SECONDS));
	strcpy(copy, t->text);
	for (line = strtok_r(copy, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, "path ", 5) == 0)
			n += (size_t)snprintf(
			    text + n, sizeof(text) - n, "\n%s", line);
	/* If this fails, the bearer has to get another ticket. */
	if (replace_file(file, text, n) == 0)
		strcpy(grant->resume, name_of(file));
}

bool
ticket_use(const char *dir, const char *word, const char *path,
    const char *resume, struct ticket_grant *grant)
{
	struct ticket t = {.is_once = true};
	char file[PATH_SIZE];

	memset(grant, 0, sizeof(*grant));
	if (!find(file, dir, word) || !load(file, &t) || !understand(&t, path))
		return false;
	if (uptime() >= t.expires) {
		unlink(file);
		return false;
	}
	if (!t.is_for_path)
		return false;
	/* If two use it at once, only one can remove it. */
	if (t.is_once && unlink(file) == -1)
		return false;
	/* If a client takes over a slot, vm-slot finds its ticket by this. */
	if (!t.is_once)
		utimensat(AT_FDCWD, file, NULL, AT_SYMLINK_NOFOLLOW);
	strcpy(grant->ended, t.ended);
	grant->is_back = t.is_resume;
	if (t.is_resume || t.is_held)
		strcpy(grant->resume, name_of(file));
	/* A session that has ended can't be resumed. A ticket to come back
	 * makes no second one, or a chain of them would never expire. */
	if (t.ended[0] == '\0' && !t.is_resume && !t.is_held &&
	    resume != NULL && strcmp(resume, word) != 0)
		allow_again(dir, &t, resume, grant);
	return true;
}
