/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "door/accounts.h"

#define LINE_MAX_SIZE 1024
#define NAME_CHARS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.-"
#define FIRST_CHARS 53 /* a name may begin with the first 53 of them */

static const struct {
	const char *name;
	unsigned least, most, at_first;
} rules[ACCOUNT_RULES] = {
    [RULE_PASSWORD_LENGTH] = {"password-length", 1, 128, 7},
    [RULE_LOCKOUT_THRESHOLD] = {"lockout-threshold", 0, 100, 10},
    [RULE_LOCKOUT_DURATION] = {"lockout-duration", 0, 86400, 300},
    [RULE_LOCKOUT_RESET] = {"lockout-reset", 1, 86400, 300},
    [RULE_SESSION_TIMEOUT] = {"session-timeout", 30, 86400, 1800},
};

static const char *const roles[] = {
    [ROLE_READ_ONLY] = "ReadOnly",
    [ROLE_OPERATOR] = "Operator",
    [ROLE_ADMINISTRATOR] = "Administrator",
};

/* --- rules, names and roles ----------------------------------------------- */

enum account_rule
account_rule_of(const char *name)
{
	unsigned i;

	for (i = 0; i < ACCOUNT_RULES; i++)
		if (strcmp(rules[i].name, name) == 0)
			break;
	return i;
}

const char *
account_rule_name(enum account_rule rule)
{
	return rules[rule].name;
}

bool
account_rule_allows(enum account_rule rule, unsigned long value)
{
	return value >= rules[rule].least && value <= rules[rule].most;
}

void
accounts_init(struct accounts *a)
{
	unsigned i;

	*a = (struct accounts){.count = 0};
	for (i = 0; i < ACCOUNT_RULES; i++)
		a->rules[i] = rules[i].at_first;
}

bool
account_name_is_valid(const char *name)
{
	size_t len = strspn(name, NAME_CHARS);

	return len > 0 && len < ACCOUNT_NAME_SIZE && name[len] == '\0' &&
	       memchr(NAME_CHARS, name[0], FIRST_CHARS) != NULL;
}

bool
account_role_of(const char *name, enum account_role *role)
{
	unsigned i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i], name) == 0) {
			*role = i;
			return true;
		}
	}
	return false;
}

const char *
account_role_name(enum account_role role)
{
	return roles[role];
}

/* --- the list ------------------------------------------------------------- */

struct account *
accounts_find(struct accounts *a, const char *name)
{
	unsigned i;

	for (i = 0; i < a->count; i++)
		if (strcmp(a->all[i].name, name) == 0)
			return &a->all[i];
	return NULL;
}

struct account *
accounts_add(struct accounts *a, const char *name)
{
	struct account *account;

	if (a->count == ACCOUNTS_MAX)
		return NULL;
	account = &a->all[a->count++];
	*account = (struct account){.is_enabled = true};
	snprintf(account->name, sizeof(account->name), "%s", name);
	return account;
}

void
accounts_remove(struct accounts *a, struct account *account)
{
	*account = a->all[--a->count];
}

/* --- the file ------------------------------------------------------------- */

/* Parse "password-length=7,session-timeout=1800". */
static bool
take_rules(struct accounts *a, char *text)
{
	char *item, *equals, *rest = NULL;
	enum account_rule rule;
	uint64_t value;

	for (item = strtok_r(text, ",", &rest); item != NULL;
	     item = strtok_r(NULL, ",", &rest)) {
		equals = strchr(item, '=');
		if (equals == NULL)
			return false;
		*equals = '\0';
		rule = account_rule_of(item);
		if (rule == ACCOUNT_RULES ||
		    number_parse(equals + 1, 0, UINT_MAX, &value) == -1 ||
		    !account_rule_allows(rule, (unsigned long)value))
			return false;
		a->rules[rule] = (unsigned)value;
		a->rule_is_set[rule] = true;
	}
	return true;
}

static bool
take_flags(struct account *account, char *text)
{
	char *flag, *rest = NULL;

	account->is_enabled = false;
	for (flag = strtok_r(text, ",", &rest); flag != NULL;
	     flag = strtok_r(NULL, ",", &rest)) {
		if (strcmp(flag, "enabled") == 0)
			account->is_enabled = true;
		else if (strcmp(flag, "must-change") == 0)
			account->must_change = true;
		else
			return false;
	}
	return true;
}

static bool
take_line(struct accounts *a, char *line)
{
	char *field[4], *at = line;
	struct account *account;
	unsigned i;

	if (line[0] == ':')
		return take_rules(a, line + 1);
	for (i = 0; i < 4; i++) {
		field[i] = at;
		at = i < 3 && at != NULL ? strchr(at, ':') : NULL;
		if (i < 3 && at == NULL)
			return false;
		if (at != NULL)
			*at++ = '\0';
	}
	if (!account_name_is_valid(field[0]) ||
	    accounts_find(a, field[0]) != NULL ||
	    strlen(field[3]) >= ACCOUNT_HASH_SIZE)
		return false;
	account = accounts_add(a, field[0]);
	if (account == NULL || !account_role_of(field[1], &account->role) ||
	    !take_flags(account, field[2]))
		return false;
	memcpy(account->hash, field[3], strlen(field[3]) + 1);
	return true;
}

int
accounts_read(struct accounts *a, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[LINE_MAX_SIZE];
	bool is_right = true;

	a->count = 0;
	memset(a->rule_is_set, 0, sizeof(a->rule_is_set));
	if (f == NULL)
		return errno == ENOENT ? 0 : -1;
	while (is_right && fgets(line, sizeof(line), f) != NULL) {
		/* A line without a newline is too long. */
		is_right = strchr(line, '\n') != NULL;
		line[strcspn(line, "\n")] = '\0';
		if (is_right && line[0] != '\0' && line[0] != '#')
			is_right = take_line(a, line);
	}
	fclose(f);
	explicit_bzero(line, sizeof(line));
	errno = EINVAL;
	return is_right ? 0 : -1;
}

static void
print_all(const struct accounts *a, FILE *out)
{
	const struct account *account;
	unsigned commas = 0, i;

	fputs("# vmedia: accounts. Change them by `vmctl user`.\n:", out);
	/* The other rules come from vmedia.conf(5), which may change. */
	for (i = 0; i < ACCOUNT_RULES; i++)
		if (a->rule_is_set[i])
			fprintf(out, "%s%s=%u", commas++ > 0 ? "," : "",
			    rules[i].name, a->rules[i]);
	fputc('\n', out);
	for (i = 0; i < a->count; i++) {
		account = &a->all[i];
		fprintf(out, "%s:%s:%s%s%s:%s\n", account->name,
		    roles[account->role], account->is_enabled ? "enabled" : "",
		    account->is_enabled && account->must_change ? "," : "",
		    account->must_change ? "must-change" : "", account->hash);
	}
}

int
accounts_write(const struct accounts *a, const char *path)
{
	char beside[PATH_MAX];
	int fd, rc = -1;
	FILE *out;

	snprintf(beside, sizeof(beside), "%s.new", path);
	unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	out = fd != -1 ? fdopen(fd, "w") : NULL;
	if (out == NULL) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	print_all(a, out);
	/* The file must be whole on the disk before it replaces the old one. */
	if (fflush(out) == 0 && !ferror(out))
		rc = fsync(fd);
	if (fclose(out) != 0)
		rc = -1;
	if (rc == 0)
		rc = rename(beside, path);
	if (rc == -1)
		unlink(beside);
	return rc;
}

int
accounts_lock(const char *path)
{
	char beside[PATH_MAX];
	int fd;

	snprintf(beside, sizeof(beside), "%s.lock", path);
	fd = open(beside, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd != -1 && flock(fd, LOCK_EX) == -1) {
		close(fd);
		fd = -1;
	}
	return fd;
}
