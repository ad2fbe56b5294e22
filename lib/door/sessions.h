/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Sessions of clients that have logged in and not yet logged out. Each is a
 * file whose name is the SHA-256 of its token. The files are in a directory
 * that only root can read and that is lost when the machine restarts. A file's
 * time is that of the session's last use.
 */
#ifndef VM_DOOR_SESSIONS_H
#define VM_DOOR_SESSIONS_H

#include <stdbool.h>
#include <time.h>

#include "door/accounts.h"

#define SESSIONS_MAX	   32
#define SESSION_TOKEN_SIZE 41 /* 20 random bytes in hex, and a NUL */
#define SESSION_ID_SIZE	   17 /* 8 bytes of the token's SHA-256 in hex */
#define SESSION_PEER_SIZE  64

struct session {
	char id[SESSION_ID_SIZE];
	char user[ACCOUNT_NAME_SIZE];
	char peer[SESSION_PEER_SIZE]; /* the address that logged in */
	char stamp[17];		      /* of the password's hash at login */
	time_t created, used;
};

/*
 * Begin a session of an account, and make its token. If there are SESSIONS_MAX,
 * end one: of the user that has most, the one that was idle for the longest
 * time. Returns 0, or -1 with errno.
 */
int session_begin(const char *dir, const struct account *account,
    const char *peer, struct session *session, char token[SESSION_TOKEN_SIZE]);

/*
 * Find a session by its token; with `is_use`, this counts as a use of it. The
 * session must not have been idle for longer than the rules allow. Its account
 * must exist, be enabled, and still have the password of the login. Returns
 * that account, in *accounts; or NULL.
 */
struct account *session_find(const char *dir, const char *token, bool is_use,
    struct accounts *accounts, struct session *session);

/* Put all valid sessions into list, and remove the others.
 * Returns their number. */
unsigned sessions_list(const char *dir, struct accounts *accounts,
    struct session list[SESSIONS_MAX]);

/* Count this moment as a use of the session. */
void session_touch(const char *dir, const char *id);

/* Keep the session alive after it has itself changed its account's password.
 * Returns 0, or -1 with errno. */
int session_follow(
    const char *dir, struct session *session, const struct account *account);

/* End a session. Returns 0, or -1 with errno: ENOENT if there is
 * none of that id. */
int session_end(const char *dir, const char *id);

#endif
