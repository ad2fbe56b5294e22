/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/prctl.h>

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "door/watch.h"

#define LOOK_MS 1000 /* the end is noticed this late, at most */

/* The client whose rights are watched. */
struct watch {
	struct account account;
	char session[SESSION_ID_SIZE]; /* "": by a password */
	bool uses_session;
};

bool
watch_is_wanted(const struct door_call *c)
{
	const char *watch = door_field(c, "watch");

	return watch != NULL && strcmp(watch, "yes") == 0 &&
	       c->account != NULL && c->is_ok;
}

static bool
has_session(const struct door_settings *settings, struct accounts *accounts,
    const struct watch *w)
{
	struct session list[SESSIONS_MAX];
	unsigned count, i;
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/sessions", settings->state_dir);
	if (w->uses_session)
		session_touch(dir, w->session);
	count = sessions_list(dir, accounts, list);
	for (i = 0; i < count; i++)
		if (strcmp(list[i].id, w->session) == 0)
			return true;
	return false;
}

/* Does the user still have the rights that it had when the watch began? */
static bool
is_good(const struct door_settings *settings, const struct watch *w)
{
	static struct accounts accounts;
	const struct account *now;
	unsigned i;

	accounts_init(&accounts);
	for (i = 0; i < ACCOUNT_RULES; i++)
		accounts.rules[i] = settings->rules[i];
	if (accounts_read(&accounts, settings->accounts) == -1)
		return false;
	now = accounts_find(&accounts, w->account.name);
	if (now == NULL || !now->is_enabled || now->role < w->account.role)
		return false;
	if (w->session[0] != '\0')
		return has_session(settings, &accounts, w);
	return strcmp(now->hash, w->account.hash) == 0;
}

void
watch_run(const struct door_call *c, int fd)
{
	const char *verb = door_field(c, "verb");
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct watch w = {.account = *c->account,
	    .uses_session =
		strcmp(verb, "check") == 0 || strcmp(verb, "image-open") == 0};

	memcpy(w.session, c->session.id, sizeof(w.session));
	/* This process must not outlive vm-door. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A client sends nothing more: any event means that it has gone. */
	while (poll(&p, 1, LOOK_MS) == 0 && is_good(c->settings, &w))
		;
}
