/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/random.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bearssl.h>

#include "base/hex.h"
#include "door/sessions.h"
#include "unix/atomic-file.h"

#define TOKEN_BYTES 20
#define NAME_SIZE   (2 * br_sha256_SIZE + 1) /* of a file's name, with a NUL */
#define TEXT_MAX    512

/* The first digits of the SHA-256 of a text. */
static void
digest(const char *text, char *digits, size_t size)
{
	unsigned char hash[br_sha256_SIZE];
	char all[NAME_SIZE];
	br_sha256_context sha;

	br_sha256_init(&sha);
	br_sha256_update(&sha, text, strlen(text));
	br_sha256_out(&sha, hash);
	hex_encode(all, hash, sizeof(hash));
	snprintf(digits, size, "%s", all);
}

static void
path_of(char path[PATH_MAX], const char *dir, const char *name)
{
	snprintf(path, PATH_MAX, "%s/%s", dir, name);
}

static bool
is_name(const char *name)
{
	return strlen(name) == NAME_SIZE - 1 &&
	       strspn(name, "0123456789abcdef") == NAME_SIZE - 1;
}

/* --- a file --------------------------------------------------------------- */

/* Read a session; its id is the beginning of the file's name. */
static bool
read_session(const char *dir, const char *name, struct session *s)
{
	char path[PATH_MAX], text[TEXT_MAX];
	struct stat st;
	long long created = 0;
	FILE *f;
	size_t len;

	*s = (struct session){.created = 0};
	path_of(path, dir, name);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	if (fstat(fileno(f), &st) == -1)
		len = 0;
	fclose(f);
	if (len == 0 || sscanf(text, "%32s %16s %lld %63[^\n]", s->user,
			    s->stamp, &created, s->peer) < 3)
		return false;
	snprintf(s->id, sizeof(s->id), "%.16s", name);
	s->created = (time_t)created;
	s->used = st.st_mtime;
	return true;
}

static int
write_session(const char *dir, const char *name, const struct session *s)
{
	char path[PATH_MAX], text[TEXT_MAX];
	int len = snprintf(text, sizeof(text), "%s %s %lld %s", s->user,
	    s->stamp, (long long)s->created, s->peer);

	path_of(path, dir, name);
	return replace_file(path, text, (size_t)len);
}

/* The account of a session that is still valid; NULL if it is not. */
static struct account *
account_of(const struct session *s, struct accounts *accounts)
{
	struct account *account = accounts_find(accounts, s->user);
	time_t now = time(NULL);
	char stamp[sizeof(s->stamp)];

	if (account == NULL || !account->is_enabled)
		return NULL;
	digest(account->hash, stamp, sizeof(stamp));
	/* A session last used in the future must not live on: the
	 * clock was set back. */
	if (strcmp(stamp, s->stamp) != 0 || s->used > now + 1 ||
	    now - s->used > (time_t)accounts->rules[RULE_SESSION_TIMEOUT])
		return NULL;
	return account;
}

/* --- all of them ---------------------------------------------------------- */

unsigned
sessions_list(const char *dir, struct accounts *accounts,
    struct session list[SESSIONS_MAX])
{
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned count = 0;
	DIR *d = opendir(dir);

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (!is_name(entry->d_name))
			continue;
		if (count < SESSIONS_MAX &&
		    read_session(dir, entry->d_name, &list[count]) &&
		    account_of(&list[count], accounts) != NULL) {
			count++;
			continue;
		}
		path_of(path, dir, entry->d_name);
		unlink(path);
	}
	if (d != NULL)
		closedir(d);
	return count;
}

/* The name of the file of the session with that id. Returns false
 * if there is none. */
static bool
find_name(const char *dir, const char *id, char name[NAME_SIZE])
{
	struct dirent *entry;
	bool is_found = false;
	DIR *d = opendir(dir);

	while (d != NULL && !is_found && (entry = readdir(d)) != NULL) {
		is_found = is_name(entry->d_name) &&
			   strlen(id) == SESSION_ID_SIZE - 1 &&
			   strncmp(entry->d_name, id, SESSION_ID_SIZE - 1) == 0;
		if (is_found)
			memcpy(name, entry->d_name, NAME_SIZE);
	}
	if (d != NULL)
		closedir(d);
	return is_found;
}

int
session_end(const char *dir, const char *id)
{
	char name[NAME_SIZE], path[PATH_MAX];

	errno = ENOENT;
	if (!find_name(dir, id, name))
		return -1;
	path_of(path, dir, name);
	return unlink(path);
}

void
session_touch(const char *dir, const char *id)
{
	char name[NAME_SIZE], path[PATH_MAX];

	if (!find_name(dir, id, name))
		return;
	path_of(path, dir, name);
	utimensat(AT_FDCWD, path, NULL, 0);
}

int
session_follow(
    const char *dir, struct session *session, const struct account *account)
{
	char name[NAME_SIZE];

	errno = ENOENT;
	if (!find_name(dir, session->id, name))
		return -1;
	digest(account->hash, session->stamp, sizeof(session->stamp));
	/* The account may have a new name, too. */
	snprintf(session->user, sizeof(session->user), "%s", account->name);
	return write_session(dir, name, session);
}

/* Read all sessions, also those whose end has come. Returns their number. */
static unsigned
read_all(const char *dir, struct session list[SESSIONS_MAX + 1])
{
	struct dirent *entry;
	unsigned count = 0;
	DIR *d = opendir(dir);

	while (d != NULL && count < SESSIONS_MAX + 1 &&
	       (entry = readdir(d)) != NULL)
		if (is_name(entry->d_name) &&
		    read_session(dir, entry->d_name, &list[count]))
			count++;
	if (d != NULL)
		closedir(d);
	return count;
}

/* Many clients never log out. To make room, end the longest idle session of the
 * user that has most: by making many, a user ends only its own. */
static void
make_room(const char *dir, const char *user)
{
	struct session list[SESSIONS_MAX + 1];
	unsigned count = read_all(dir, list), i, k, n, most = 0, ends = 0;

	for (i = 0; i < count; i++) {
		/* The new session counts, too. */
		n = strcmp(list[i].user, user) == 0;
		for (k = 0; k < count; k++)
			n += strcmp(list[i].user, list[k].user) == 0;
		if (n < most || (n == most && list[i].used >= list[ends].used))
			continue;
		most = n;
		ends = i;
	}
	if (count >= SESSIONS_MAX)
		session_end(dir, list[ends].id);
}

int
session_begin(const char *dir, const struct account *account, const char *peer,
    struct session *session, char token[SESSION_TOKEN_SIZE])
{
	unsigned char random[TOKEN_BYTES];
	char name[NAME_SIZE];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -1;
	hex_encode(token, random, sizeof(random));
	explicit_bzero(random, sizeof(random));
	make_room(dir, account->name);
	*session = (struct session){.created = time(NULL), .used = time(NULL)};
	snprintf(session->user, sizeof(session->user), "%s", account->name);
	snprintf(session->peer, sizeof(session->peer), "%s", peer);
	digest(account->hash, session->stamp, sizeof(session->stamp));
	digest(token, name, sizeof(name));
	snprintf(session->id, sizeof(session->id), "%.16s", name);
	return write_session(dir, name, session);
}

struct account *
session_find(const char *dir, const char *token, bool is_use,
    struct accounts *accounts, struct session *session)
{
	char name[NAME_SIZE], path[PATH_MAX];
	struct account *account;

	digest(token, name, sizeof(name));
	if (!read_session(dir, name, session))
		return NULL;
	path_of(path, dir, name);
	account = account_of(session, accounts);
	if (account == NULL)
		unlink(path);
	else if (is_use)
		utimensat(AT_FDCWD, path, NULL, 0);
	return account;
}
