/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The verbs of accounts, and of the rules for them.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "door/call.h"
#include "door/pam.h"
#include "door/verbs.h"

/* --- changing the file ---------------------------------------------------- */

/* Does the client still have the account and the rights that it had? */
static bool
is_as_before(const struct account *now, const struct account *before)
{
	return now != NULL && now->is_enabled && now->role >= before->role &&
	       strcmp(now->hash, before->hash) == 0;
}

/* Lock the accounts against other changes, and read them again. Returns the
 * descriptor of the lock; or -1 if the refusal is in the answer. */
static int
begin_change(struct door_call *c)
{
	int lock = accounts_lock(c->settings->accounts);
	struct account before = *c->account;

	if (lock != -1 &&
	    accounts_read(&c->accounts, c->settings->accounts) == 0) {
		c->account = accounts_find(&c->accounts, before.name);
		if (is_as_before(c->account, &before))
			return lock;
		/* The account was changed while we waited for the lock. */
		c->account = NULL;
		door_result(c, "unauthenticated");
	} else {
		door_refuse(c, "unavailable", "unable to change %s: %s",
		    c->settings->accounts, strerror(errno));
	}
	if (lock != -1)
		close(lock);
	return -1;
}

static void
end_change(struct door_call *c, int lock, const char *name, const char *what)
{
	char user[ACCOUNT_NAME_SIZE];

	if (accounts_write(&c->accounts, c->settings->accounts) == -1) {
		door_refuse(c, "unavailable", "unable to write %s: %s",
		    c->settings->accounts, strerror(errno));
	} else {
		door_log(c, "%s %s", what, name);
		door_result(c, "ok");
	}
	/* The client's account may have a new name. */
	memcpy(user, c->account->name, sizeof(user));
	c->account = accounts_find(&c->accounts, user);
	close(lock);
}

/* --- rules ---------------------------------------------------------------- */

/* Take the rules in the request. Returns whether there was one; -1 if one is
 * invalid, and the refusal is in the answer. */
static int
take_rules(struct door_call *c)
{
	const char *text, *name;
	uint64_t value;
	int taken = 0;
	unsigned i;

	for (i = 0; i < ACCOUNT_RULES; i++) {
		name = account_rule_name(i);
		text = door_field(c, name);
		if (text == NULL)
			continue;
		if (number_parse(text, 0, INT_MAX, &value) == -1 ||
		    !account_rule_allows(i, (unsigned long)value)) {
			door_invalid(c, name, "the number is not allowed");
			return -1;
		}
		c->accounts.rules[i] = (unsigned)value;
		c->accounts.rule_is_set[i] = true;
		taken = 1;
	}
	return taken;
}

/* The privileges that a change of the rules in the request needs. */
static unsigned
needed_for_rules(const struct door_call *c)
{
	unsigned needed = DOOR_LOGIN, i;

	for (i = 0; i < ACCOUNT_RULES; i++)
		if (door_field(c, account_rule_name(i)) != NULL)
			needed |= i == RULE_SESSION_TIMEOUT
				      ? DOOR_CONFIGURE_MANAGER
				      : DOOR_CONFIGURE_USERS;
	return needed;
}

void
door_service(struct door_call *c)
{
	unsigned needed = needed_for_rules(c), i;
	char text[16];
	int lock, taken;

	if (!door_may(c, needed)) {
		door_result(c, "forbidden");
		return;
	}
	if (needed == DOOR_LOGIN) {
		door_result(c, "ok");
	} else {
		lock = begin_change(c);
		if (lock == -1)
			return;
		taken = take_rules(c);
		if (taken == -1) {
			close(lock);
			return;
		}
		end_change(c, lock, "accounts", "changed the rules of");
	}
	for (i = 0; i < ACCOUNT_RULES; i++) {
		snprintf(text, sizeof(text), "%u", c->accounts.rules[i]);
		door_add_string(&c->answer, account_rule_name(i), text);
	}
}

/* --- accounts ------------------------------------------------------------- */

void
door_accounts(struct door_call *c)
{
	bool sees_all =
	    door_may(c, DOOR_CONFIGURE_USERS) && !c->account->must_change;
	const struct account *account;
	struct json_text t = {0};
	unsigned i;

	json_begin_array(&t, NULL);
	for (i = 0; i < c->accounts.count; i++) {
		account = &c->accounts.all[i];
		if (!sees_all && account != c->account)
			continue;
		json_begin_object(&t, NULL);
		json_put_string(&t, "name", account->name);
		json_put_string(&t, "role", account_role_name(account->role));
		json_put_bool(&t, "enabled", account->is_enabled);
		json_put_bool(&t, "locked",
		    guard_is_locked(c->guard, &c->accounts, account->name));
		json_put_bool(&t, "must-change", account->must_change);
		json_end_object(&t);
	}
	json_end_array(&t);
	door_result(c, "ok");
	if (json_text_end(&t))
		door_add(&c->answer, "list", t.data, t.len);
	json_text_free(&t);
}

/* Take yes or no; without the field, *flag stays. Returns false
 * for another value. */
static bool
take_flag(const struct door_call *c, const char *name, bool *flag)
{
	const char *value = door_field(c, name);

	if (value == NULL)
		return true;
	*flag = strcmp(value, "yes") == 0;
	return *flag || strcmp(value, "no") == 0;
}

/* Change an account as the request says. Returns false if the refusal
 * is in the answer. */
static bool
take_account(struct door_call *c, struct account *account, bool is_own)
{
	const char *password = door_field(c, "new-password");
	const char *role = door_field(c, "role"), *fault;
	bool is_locked = true;

	if (role != NULL && !account_role_of(role, &account->role)) {
		door_invalid(c, "role", "there is no such role");
		return false;
	}
	if (!take_flag(c, "enabled", &account->is_enabled) ||
	    !take_flag(c, "locked", &is_locked)) {
		door_invalid(c, "enabled", "it must be yes or no");
		return false;
	}
	if (password != NULL && account_uses_pam(account)) {
		door_invalid(c, "new-password",
		    "the system keeps the password of this account (PAM)");
		return false;
	}
	if (password != NULL) {
		fault = account_password_fault(
		    &c->accounts, account->name, password);
		if (fault != NULL) {
			door_invalid(c, "new-password", fault);
			return false;
		}
		if (is_own && account->must_change &&
		    account_check_password(account, password)) {
			door_invalid(c, "new-password",
			    "the password must be another one than before");
			return false;
		}
		if (account_set_password(account, password) == -1) {
			door_refuse(
			    c, "unavailable", "unable to hash the password");
			return false;
		}
		if (is_own)
			account->must_change = false;
	}
	if (!take_flag(c, "must-change", &account->must_change)) {
		door_invalid(c, "must-change", "it must be yes or no");
		return false;
	}
	if (!is_locked)
		guard_unlock(c->guard, account->name);
	return true;
}

void
door_account_add(struct door_call *c)
{
	const char *name = door_field(c, "name");
	struct account *account;
	int lock;

	if (name == NULL || !account_name_is_valid(name)) {
		door_invalid(c, "name",
		    "a name has up to 32 letters, digits, dots, dashes and _, "
		    "and begins with a letter or _");
		return;
	}
	if (door_field(c, "new-password") == NULL) {
		door_invalid(c, "new-password", "the password is missing");
		return;
	}
	lock = begin_change(c);
	if (lock == -1)
		return;
	if (accounts_find(&c->accounts, name) != NULL) {
		door_refuse(c, "exists", "there is such an account");
	} else {
		account = accounts_add(&c->accounts, name);
		if (account == NULL) {
			door_refuse(c, "limit", "there are %d accounts already",
			    ACCOUNTS_MAX);
		} else if (take_account(c, account, false)) {
			end_change(c, lock, name, "added the account");
			return;
		}
	}
	close(lock);
}

/* Is there an enabled administrator other than `but`? Without one, nobody could
 * log in to make another. */
static bool
has_administrator(const struct accounts *a, const struct account *but)
{
	unsigned i;

	for (i = 0; i < a->count; i++)
		if (a->all[i].role == ROLE_ADMINISTRATOR &&
		    a->all[i].is_enabled && &a->all[i] != but)
			return true;
	return false;
}

/* A user without ConfigureUsers may change only its own password. */
static bool
may_set(const struct door_call *c, const char *name)
{
	static const char *const others[] = {
	    "role", "enabled", "locked", "must-change", "new-name"};
	size_t i;

	if (door_may(c, DOOR_CONFIGURE_USERS) && !c->account->must_change)
		return true;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (door_field(c, others[i]) != NULL)
			return false;
	return strcmp(name, c->account->name) == 0;
}

/* Returns false if the refusal is in the answer. */
static bool
rename_account(struct door_call *c, struct account *account)
{
	const char *name = door_field(c, "new-name");

	if (name == NULL)
		return true;
	if (!account_name_is_valid(name))
		door_invalid(c, "new-name", "that is not a name");
	else if (accounts_find(&c->accounts, name) != NULL)
		door_refuse(c, "exists", "there is such an account");
	else {
		snprintf(account->name, sizeof(account->name), "%s", name);
		return true;
	}
	return false;
}

/* A client that has changed its own password keeps the session that did it; the
 * other sessions of that account end. */
static void
keep_session(struct door_call *c)
{
	char dir[PATH_MAX];

	if (c->session.id[0] == '\0' || c->account == NULL || !c->is_ok)
		return;
	snprintf(dir, sizeof(dir), "%s/sessions", c->settings->state_dir);
	session_follow(dir, &c->session, c->account);
}

void
door_account_set(struct door_call *c)
{
	const char *name = door_field(c, "name");
	struct account *account;
	bool had_administrator;
	int lock;

	if (name == NULL || !may_set(c, name)) {
		door_result(c, "forbidden");
		return;
	}
	lock = begin_change(c);
	if (lock == -1)
		return;
	had_administrator = has_administrator(&c->accounts, NULL);
	account = accounts_find(&c->accounts, name);
	if (account == NULL) {
		door_result(c, "not-found");
	} else if (rename_account(c, account) &&
		   take_account(c, account, account == c->account)) {
		if (!had_administrator ||
		    has_administrator(&c->accounts, NULL)) {
			end_change(c, lock, name, "changed the account");
			keep_session(c);
			return;
		}
		door_invalid(
		    c, "enabled", "the last administrator must stay enabled");
	}
	close(lock);
}

static void
remove_account(struct door_call *c, struct account *account)
{
	door_log(c, "removes the account %s", account->name);
	guard_unlock(c->guard, account->name);
	accounts_remove(&c->accounts, account);
	if (accounts_write(&c->accounts, c->settings->accounts) == -1)
		door_refuse(c, "unavailable", "unable to write %s: %s",
		    c->settings->accounts, strerror(errno));
	else
		door_result(c, "ok");
	/* The list has moved, and the removed account may be
	 * the client's own. */
	c->account = NULL;
}

void
door_account_remove(struct door_call *c)
{
	const char *name = door_field(c, "name");
	struct account *account;
	int lock = begin_change(c);

	if (lock == -1)
		return;
	account = name != NULL ? accounts_find(&c->accounts, name) : NULL;
	if (account == NULL)
		door_result(c, "not-found");
	else if (account->role == ROLE_ADMINISTRATOR &&
		 !has_administrator(&c->accounts, account))
		door_invalid(
		    c, "name", "the last administrator cannot be removed");
	else
		remove_account(c, account);
	close(lock);
}
