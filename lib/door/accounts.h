/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The accounts of the people and programs that log in through the network. They
 * are lines of a file that only root can read:
 *
 *	alice:Administrator:enabled:$y$j9T$...
 *	ci:Operator:enabled,must-change:$y$j9T$...
 *
 * The last field is a hash of crypt(5). A line without a name has the rules for
 * all accounts:
 *
 *	:password-length=7,lockout-threshold=10,...
 */
#ifndef VM_DOOR_ACCOUNTS_H
#define VM_DOOR_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#define ACCOUNTS_MAX	  64
#define ACCOUNT_NAME_SIZE 33  /* bytes, with the NUL */
#define ACCOUNT_HASH_SIZE 384 /* CRYPT_OUTPUT_SIZE of crypt(3) */
#define PASSWORD_MAX	  256 /* bytes */

enum account_role {
	ROLE_READ_ONLY,
	ROLE_OPERATOR,
	ROLE_ADMINISTRATOR
};

struct account {
	char name[ACCOUNT_NAME_SIZE];
	enum account_role role;
	bool is_enabled;
	bool must_change; /* the password, before anything else */
	char hash[ACCOUNT_HASH_SIZE];
};

/* The rules. Their names in the file are those of the fields of vm-door's
 * verb `service`. */
enum account_rule {
	RULE_PASSWORD_LENGTH,	/* the fewest characters */
	RULE_LOCKOUT_THRESHOLD, /* failures until a lockout; 0: never */
	RULE_LOCKOUT_DURATION,	/* seconds; 0: until somebody unlocks it */
	RULE_LOCKOUT_RESET,	/* seconds after which failures are forgotten */
	RULE_SESSION_TIMEOUT,	/* seconds without use */
	ACCOUNT_RULES
};

struct accounts {
	struct account all[ACCOUNTS_MAX];
	unsigned count;
	unsigned rules[ACCOUNT_RULES];
	bool rule_is_set[ACCOUNT_RULES]; /* the file has this rule */
};

/* Set *a to no accounts, and to the default rules. */
void accounts_init(struct accounts *a);

/* The rule of that name, or ACCOUNT_RULES if there is none; the name of a rule;
 * and whether a rule may have that value. */
enum account_rule account_rule_of(const char *name);
const char *account_rule_name(enum account_rule);
bool account_rule_allows(enum account_rule, unsigned long value);

/*
 * Read the file. Rules that it does not have stay as they are in *a. A file
 * that does not exist has no accounts. Returns 0; or -1 with errno: EINVAL (a
 * line is not an account, or there are too many), or an error of open(2).
 */
int accounts_read(struct accounts *a, const char *path);

/* Replace the whole file. Returns 0, or -1 with errno. */
int accounts_write(const struct accounts *a, const char *path);

/*
 * Lock the accounts against other changes. A caller that changes them does this
 * before it reads them. Returns a descriptor, whose closing unlocks them; or -1
 * with errno.
 */
int accounts_lock(const char *path);

/* The account of that name, in *a; NULL if there is none. */
struct account *accounts_find(struct accounts *a, const char *name);

/* Add an enabled account with the role ReadOnly and no password. Returns it;
 * NULL if there are ACCOUNTS_MAX already. */
struct account *accounts_add(struct accounts *a, const char *name);
void accounts_remove(struct accounts *a, struct account *account);

/* Is the name valid: 1 to 32 letters, digits, `.`, `_` and `-`, the first of
 * them a letter or `_`? */
bool account_name_is_valid(const char *name);

/* The role of that name in Redfish; returns false if there is none. And the
 * name of a role. */
bool account_role_of(const char *name, enum account_role *role);
const char *account_role_name(enum account_role);

/*
 * What is wrong with a new password, as a constant text; NULL if it is valid.
 */
const char *account_password_fault(
    const struct accounts *a, const char *name, const char *password);

/*
 * Give the account this password: hash it with yescrypt, which takes 16 MiB of
 * memory. Returns 0, or -1 with errno.
 */
int account_set_password(struct account *, const char *password);

/*
 * Is this the password of the account? Without an account (NULL) the answer is
 * no, and takes as long.
 */
bool account_check_password(const struct account *, const char *password);

#endif
