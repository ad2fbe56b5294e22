/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * It makes its files in the current directory.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "door/sessions.h"

static struct accounts accounts;

static struct account *
account(const char *name)
{
	return accounts_find(&accounts, name);
}

static void
make_accounts(void)
{
	accounts_init(&accounts);
	strcpy(accounts_add(&accounts, "alice")->hash, "$y$alice");
	strcpy(accounts_add(&accounts, "bob")->hash, "$y$bob");
}

/* Set the session's last use to this many seconds ago. */
static void
set_idle(const char *dir, const struct session *s, int seconds)
{
	struct timespec times[2] = {{.tv_sec = time(NULL) - seconds}};
	struct dirent *entry;
	DIR *d = opendir(dir);
	unsigned found = 0;

	times[1] = times[0];
	while (d != NULL && (entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, s->id, strlen(s->id)) == 0)
			found +=
			    utimensat(dirfd(d), entry->d_name, times, 0) == 0;
	CHECK(found == 1);
	if (d != NULL)
		closedir(d);
}

/* Log in, and set the session's last use to `idle` seconds ago. */
static void
begin(const char *dir, const char *user, int idle, struct session *s,
    char token[SESSION_TOKEN_SIZE])
{
	CHECK(session_begin(dir, account(user), "192.0.2.1", s, token) == 0);
	CHECK(strspn(token, "0123456789abcdef") == SESSION_TOKEN_SIZE - 1);
	CHECK(strcmp(s->user, user) == 0);
	set_idle(dir, s, idle);
}

static bool
is_found(const char *dir, const char *token)
{
	struct session s;

	return session_find(dir, token, false, &accounts, &s) != NULL;
}

static void
test_tokens(void)
{
	char token[SESSION_TOKEN_SIZE], other[SESSION_TOKEN_SIZE];
	struct session s, found, list[SESSIONS_MAX];

	mkdir("tokens", 0700);
	begin("tokens", "alice", 0, &s, token);
	begin("tokens", "bob", 0, &found, other);
	CHECK(strcmp(token, other) != 0);
	CHECK(session_find("tokens", token, true, &accounts, &found) ==
	      account("alice"));
	CHECK(strcmp(found.id, s.id) == 0);
	CHECK(strcmp(found.peer, "192.0.2.1") == 0);
	CHECK(!is_found("tokens", ""));
	CHECK(!is_found("tokens", s.id));
	CHECK(!is_found("tokens", "../tokens"));
	CHECK(sessions_list("tokens", &accounts, list) == 2);
	CHECK(session_end("tokens", "") == -1 && errno == ENOENT);
	CHECK(session_end("tokens", "*") == -1 && errno == ENOENT);
	CHECK(session_end("tokens", s.id) == 0);
	CHECK(!is_found("tokens", token));
	CHECK(is_found("tokens", other));
	CHECK(session_end("tokens", s.id) == -1 && errno == ENOENT);
	CHECK(!is_found("missing", token));
}

/* The events that end a session. */
static void
test_ends(void)
{
	static const struct {
		const char *hash;
		bool is_enabled, is_removed;
		int idle;
		bool is_found;
	} rows[] = {
	    {"$y$alice", true, false, 0, true},
	    {"$y$alice", true, false, 1790, true},
	    {"$y$alice", true, false, 1810, false},
	    {"$y$alice", true, false, -60, false}, /* the clock was set back */
	    {"$y$alice", false, false, 0, false},
	    {"$y$other", true, false, 0, false},
	    {"$y$alice", true, true, 0, false},
	};
	struct session s, list[SESSIONS_MAX];
	char token[SESSION_TOKEN_SIZE];
	size_t i;

	mkdir("ends", 0700);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_accounts();
		begin("ends", "alice", rows[i].idle, &s, token);
		strcpy(account("alice")->hash, rows[i].hash);
		account("alice")->is_enabled = rows[i].is_enabled;
		if (rows[i].is_removed)
			accounts_remove(&accounts, account("alice"));
		CHECK(is_found("ends", token) == rows[i].is_found);
		/* The session does not come back after the accounts are as
		 * before. */
		make_accounts();
		CHECK(is_found("ends", token) == rows[i].is_found);
		CHECK(
		    sessions_list("ends", &accounts, list) == rows[i].is_found);
		session_end("ends", s.id);
	}
}

/* Looking up whether a session is good does not keep it alive. */
static void
test_use(void)
{
	char token[SESSION_TOKEN_SIZE];
	struct session s, found;

	mkdir("use", 0700);
	begin("use", "alice", 100, &s, token);
	CHECK(is_found("use", token) && is_found("use", token));
	session_find("use", token, true, &accounts, &found);
	CHECK(found.used <= time(NULL) - 100);
	session_find("use", token, true, &accounts, &found);
	CHECK(found.used >= time(NULL) - 10);
}

/* After a user sets a new password, only the session that set it goes on. */
static void
test_follow(void)
{
	char token[SESSION_TOKEN_SIZE], other[SESSION_TOKEN_SIZE];
	struct session s, second;

	mkdir("follow", 0700);
	begin("follow", "alice", 0, &s, token);
	begin("follow", "alice", 0, &second, other);
	strcpy(account("alice")->hash, "$y$new");
	CHECK(session_follow("follow", &s, account("alice")) == 0);
	CHECK(is_found("follow", token));
	CHECK(!is_found("follow", other));
	CHECK(session_end("follow", s.id) == 0);
	CHECK(session_follow("follow", &s, account("alice")) == -1);
	make_accounts();
}

/* A user's many sessions never end another user's sessions. */
static void
test_room(void)
{
	char alice[2][SESSION_TOKEN_SIZE], bob[SESSION_TOKEN_SIZE];
	char first[SESSION_TOKEN_SIZE];
	struct session s, list[SESSIONS_MAX];
	unsigned i;

	mkdir("room", 0700);
	begin("room", "alice", 900, &s, alice[0]);
	begin("room", "alice", 800, &s, alice[1]);
	begin("room", "bob", 50, &s, first);
	for (i = 0; i < 3 * SESSIONS_MAX; i++)
		begin("room", "bob", 1, &s, bob);
	CHECK(sessions_list("room", &accounts, list) == SESSIONS_MAX);
	CHECK(is_found("room", alice[0]) && is_found("room", alice[1]));
	CHECK(is_found("room", bob));
	CHECK(!is_found("room", first));
	/* And bob's oldest sessions make room for a further one of alice. */
	begin("room", "alice", 0, &s, alice[1]);
	CHECK(is_found("room", alice[0]) && is_found("room", alice[1]));
}

int
main(void)
{
	make_accounts();
	test_tokens();
	test_ends();
	test_use();
	test_follow();
	test_room();
	return check_status();
}
