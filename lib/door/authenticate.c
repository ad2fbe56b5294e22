/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/file.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "door/authenticate.h"

/* Only one process at a time hashes a password, because each takes 16 MiB. */
static int
lock_hashing(const struct door_call *c)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/hash.lock", c->settings->state_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd != -1)
		flock(fd, LOCK_EX);
	return fd;
}

/* May a password be tried now? */
static const char *
look_at_failures(struct door_call *c, const char *user)
{
	unsigned delay = guard_delay(c->guard, &c->accounts, user, c->peer);
	char text[16];

	/* Another process may have counted a failure meanwhile. */
	if (guard_is_locked(c->guard, &c->accounts, user))
		return "locked";
	if (delay == 0)
		return "ok";
	snprintf(text, sizeof(text), "%u", delay);
	door_add_string(&c->answer, "retry", text);
	return "slow";
}

/* Do not log an unknown name: it may be a password that was typed into
 * the wrong field. */
static const char *
name_of(const struct account *account)
{
	return account != NULL ? account->name : "somebody";
}

const char *
door_check_password(struct door_call *c, const char *user, const char *password)
{
	struct account *account = accounts_find(&c->accounts, user);
	const char *result;
	bool is_right;
	int lock;

	if (guard_is_locked(c->guard, &c->accounts, user))
		return "locked";
	if (account != NULL && account->is_enabled &&
	    guard_knows(c->guard, account, password)) {
		c->account = account;
		return "ok";
	}
	if (!c->may_wait)
		return NULL;
	lock = lock_hashing(c);
	result = look_at_failures(c, user);
	if (strcmp(result, "ok") == 0) {
		is_right = account_check_password(account, password) &&
			   account->is_enabled;
		if (is_right) {
			guard_succeeded(c->guard, user, c->peer);
			guard_remember(c->guard, account, password);
			c->account = account;
		} else {
			guard_failed(c->guard, &c->accounts, user, c->peer);
			door_log(c, "login of %s refused", name_of(account));
			result = "unauthenticated";
		}
	} else {
		door_log(c, "login of %s refused: too many failures",
		    name_of(account));
	}
	if (lock != -1)
		close(lock);
	return result;
}

const char *
door_authenticate(struct door_call *c)
{
	const char *token = door_field(c, "token");
	const char *user = door_field(c, "user");
	const char *password = door_field(c, "password");

	if (token != NULL) {
		char dir[PATH_MAX];

		snprintf(
		    dir, sizeof(dir), "%s/sessions", c->settings->state_dir);
		c->account = session_find(dir, token,
		    door_field(c, "idle") == NULL, &c->accounts, &c->session);
		return c->account != NULL ? "ok" : "unauthenticated";
	}
	if (user == NULL || password == NULL)
		return "unauthenticated";
	return door_check_password(c, user, password);
}
