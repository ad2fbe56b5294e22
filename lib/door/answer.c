/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "door/answer.h"
#include "door/authenticate.h"
#include "door/unlock.h"
#include "door/verbs.h"

/* A verb: who may use it, its function, and whether vm-door must
 * not wait for that. */
struct door_verb {
	const char *name;
	unsigned privileges;
	bool is_slow; /* it needs a process of its own */
	void (*run)(struct door_call *);
};

static const struct door_verb verbs[] = {
    {"whoami", DOOR_LOGIN, false, door_whoami},
    {"login", DOOR_ANYBODY, true, door_login},
    {"logout", DOOR_LOGIN, false, door_logout},
    {"sessions", DOOR_LOGIN, false, door_sessions},
    {"service", DOOR_LOGIN, false, door_service},
    {"accounts", DOOR_LOGIN, false, door_accounts},
    {"account-add", DOOR_CONFIGURE_USERS, true, door_account_add},
    {"account-set", DOOR_LOGIN, true, door_account_set},
    {"account-remove", DOOR_CONFIGURE_USERS, true, door_account_remove},
    {"media", DOOR_LOGIN, false, door_media},
    {"media-set", DOOR_CONFIGURE_MANAGER, false, door_media_set},
    {"mount", DOOR_CONFIGURE_MANAGER, true, door_mount},
    {"eject", DOOR_CONFIGURE_MANAGER, true, door_eject},
    {"renew", DOOR_CONFIGURE_MANAGER, true, door_renew},
    {"certificate-add", DOOR_CONFIGURE_MANAGER, false, door_certificate_add},
    {"certificate-remove", DOOR_CONFIGURE_MANAGER, false,
	door_certificate_remove},
    {"host", DOOR_LOGIN, true, door_host},
    {"power", DOOR_CONFIGURE_COMPONENTS, true, door_power},
    {"boot", DOOR_CONFIGURE_COMPONENTS, true, door_boot},
    {"check", DOOR_CONFIGURE_MANAGER | DOOR_CONFIGURE_COMPONENTS, false,
	door_check},
    {"image-list", DOOR_LOGIN, true, door_image_list},
    {"image-begin", DOOR_CONFIGURE_MANAGER, true, door_image_begin},
    {"image-fetch", DOOR_CONFIGURE_MANAGER, true, door_image_fetch},
    {"image-open", DOOR_CONFIGURE_MANAGER, false, door_image_open},
    {"image-room", DOOR_CONFIGURE_MANAGER, true, door_image_room},
    {"image-finish", DOOR_CONFIGURE_MANAGER, true, door_image_finish},
    {"image-remove", DOOR_CONFIGURE_MANAGER, true, door_image_remove},
};

static const struct door_verb *
find_verb(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool
is_own_account(const struct door_call *c, const struct door_verb *verb)
{
	const char *name = door_field(c, "name");

	return verb->run == door_account_set && name != NULL &&
	       strcmp(name, c->account->name) == 0;
}

/* A user that must change the password may only use these verbs before. */
static bool
is_allowed_before(const struct door_call *c, const struct door_verb *verb)
{
	return verb->run == door_whoami || verb->run == door_logout ||
	       verb->run == door_accounts || is_own_account(c, verb);
}

/* vm-door must believe the program that sends the address, and therefore only
 * shows and counts it. */
static void
take_peer(struct door_call *c)
{
	const char *peer = door_field(c, "peer"), *at;

	c->peer =
	    peer != NULL && strlen(peer) < SESSION_PEER_SIZE ? peer : "unknown";
	for (at = c->peer; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~')
			c->peer = "unknown";
}

/* Add the client to the answer. */
static void
add_client(struct door_call *c)
{
	if (c->account == NULL)
		return;
	door_add_string(&c->answer, "user", c->account->name);
	door_add_string(
	    &c->answer, "role", account_role_name(c->account->role));
	if (c->session.id[0] != '\0')
		door_add_string(&c->answer, "session", c->session.id);
	if (c->account->must_change)
		door_add_string(&c->answer, "must-change", "yes");
}

/* Returns "ok" if the client may use the verb, or the result that refuses it;
 * NULL as door_authenticate(). */
static const char *
admit(struct door_call *c, const struct door_verb *verb)
{
	const char *result = "ok";

	if (verb->privileges != DOOR_ANYBODY)
		result = door_authenticate(c);
	if (result == NULL || strcmp(result, "ok") != 0)
		return result;
	if (verb->privileges != DOOR_ANYBODY) {
		if (c->account->must_change && !is_allowed_before(c, verb))
			return "password-change";
		if (!door_may(c, verb->privileges))
			return "forbidden";
	}
	return "ok";
}

/* Do what `vmctl user unlock` asked for: only our memory has the lockouts. */
static void
take_unlocks(struct door_call *c)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/" DOOR_UNLOCKS, c->settings->state_dir);
	guard_take_unlocks(c->guard, dir);
}

bool
door_answer(struct door_call *c)
{
	const struct door_verb *verb = find_verb(door_field(c, "verb"));
	const char *result;
	unsigned i;

	take_peer(c);
	accounts_init(&c->accounts);
	for (i = 0; i < ACCOUNT_RULES; i++)
		c->accounts.rules[i] = c->settings->rules[i];
	if (verb == NULL ||
	    (c->is_upload && strncmp(verb->name, "image-", 6) != 0)) {
		door_invalid(c, "verb", "there is no such verb");
		return true;
	}
	if (accounts_read(&c->accounts, c->settings->accounts) == -1) {
		door_log(c, "unable to read %s: %s", c->settings->accounts,
		    errno == EINVAL ? "a line is not an account"
				    : strerror(errno));
		door_refuse(c, "unavailable", "unable to read the accounts");
		return true;
	}
	take_unlocks(c);
	if ((verb->is_slow || door_field(c, "watch") != NULL) && !c->may_wait)
		return false;
	result = admit(c, verb);
	if (result == NULL)
		return false;
	if (strcmp(result, "ok") == 0)
		verb->run(c);
	else
		door_result(c, result);
	add_client(c);
	return true;
}
