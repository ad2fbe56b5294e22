/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The verbs of sessions.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "door/authenticate.h"
#include "door/call.h"
#include "door/verbs.h"

static void
sessions_dir(const struct door_call *c, char dir[PATH_MAX])
{
	snprintf(dir, PATH_MAX, "%s/sessions", c->settings->state_dir);
}

void
door_whoami(struct door_call *c)
{
	door_result(c, "ok");
}

void
door_login(struct door_call *c)
{
	const char *user = door_field(c, "user");
	const char *password = door_field(c, "password");
	char token[SESSION_TOKEN_SIZE], dir[PATH_MAX];
	const char *result = "unauthenticated";

	if (user != NULL && password != NULL)
		result = door_check_password(c, user, password);
	if (strcmp(result, "ok") != 0) {
		door_result(c, result);
		return;
	}
	sessions_dir(c, dir);
	if (session_begin(dir, c->account, c->peer, &c->session, token) == -1) {
		door_refuse(c, "unavailable", "unable to keep the session: %s",
		    strerror(errno));
		return;
	}
	door_log(c, "logged in");
	door_result(c, "ok");
	door_add_string(&c->answer, "token", token);
	explicit_bzero(token, sizeof(token));
}

/* A user sees and ends its own sessions; a user that may configure the manager
 * or users sees and ends all sessions. */
static bool
is_visible(const struct door_call *c, const struct session *s)
{
	return strcmp(s->user, c->account->name) == 0 ||
	       door_may(c, DOOR_CONFIGURE_MANAGER) ||
	       door_may(c, DOOR_CONFIGURE_USERS);
}

void
door_logout(struct door_call *c)
{
	const char *id = door_field(c, "session");
	struct session list[SESSIONS_MAX];
	unsigned count, i;
	char dir[PATH_MAX];

	sessions_dir(c, dir);
	count = sessions_list(dir, &c->accounts, list);
	for (i = 0; i < count && id != NULL; i++)
		if (strcmp(list[i].id, id) == 0)
			break;
	if (id == NULL || i == count)
		door_result(c, "not-found");
	else if (!is_visible(c, &list[i]))
		door_result(c, "forbidden");
	else if (session_end(dir, id) == -1)
		door_result(c, "not-found");
	else
		door_result(c, "ok");
}

void
door_sessions(struct door_call *c)
{
	struct session list[SESSIONS_MAX];
	struct json_text t = {0};
	unsigned count, i;
	char dir[PATH_MAX];

	sessions_dir(c, dir);
	count = sessions_list(dir, &c->accounts, list);
	json_begin_array(&t, NULL);
	for (i = 0; i < count; i++) {
		if (!is_visible(c, &list[i]))
			continue;
		json_begin_object(&t, NULL);
		json_put_string(&t, "id", list[i].id);
		json_put_string(&t, "user", list[i].user);
		json_put_string(&t, "peer", list[i].peer);
		json_put_number(&t, "created", (int64_t)list[i].created);
		json_put_number(&t, "used", (int64_t)list[i].used);
		json_end_object(&t);
	}
	json_end_array(&t);
	door_result(c, "ok");
	if (json_text_end(&t))
		door_add(&c->answer, "list", t.data, t.len);
	json_text_free(&t);
}
