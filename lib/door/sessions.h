/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Sessions: who has logged in and not yet out. Each is a file whose name is the
 * SHA-256 of its token, in a directory that only root can read, and is gone
 * with the next start of the machine. The file's time is that of its last use.
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
	char stamp[17]; /* of the account's password when it logged in */
	time_t created, used;
};

/*
 * Begin a session of an account, and make its token. If there are SESSIONS_MAX,
 * one ends: of the user that has most, the one that was idle for the longest time.
 * Returns 0; or -1 with errno.
 */
int session_begin(const char *dir, const struct account *account,
    const char *peer, struct session *session, char token[SESSION_TOKEN_SIZE]);

/*
 * Find a session by its token, and take this as a use of it if `is_use`. It must
 * not have been idle for longer than the rules allow, and its account must be
 * there, enabled, and have the password with which it logged in. Returns that
 * account, in *accounts; or NULL.
 */
struct account *session_find(const char *dir, const char *token, bool is_use,
    struct accounts *accounts, struct session *session);

/* All that are valid, into list. Returns how many. Others are removed. */
unsigned sessions_list(const char *dir, struct accounts *accounts,
    struct session list[SESSIONS_MAX]);

/* It is used now. */
void session_touch(const char *dir, const char *id);

/* The account of the session has a new password, which the session itself has
 * set: let it live on. Returns 0, or -1 with errno. */
int session_follow(
    const char *dir, struct session *session, const struct account *account);

/* End a session. Returns 0, or -1 with errno: ENOENT (there is no such one). */
int session_end(const char *dir, const char *id);

#endif
