/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * It makes its files in the current directory.
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "door/accounts.h"

static struct accounts accounts;

static void
put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void
test_names(void)
{
	static const struct {
		const char *name;
		bool is_valid;
	} rows[] = {
	    {"a", true},
	    {"_x.y-Z9", true},
	    {"x2345678901234567890123456789012", true},
	    {"x23456789012345678901234567890123", false},
	    {"", false},
	    {".", false},
	    {"-x", false},
	    {"9x", false},
	    {"a/b", false},
	    {"a:b", false},
	    {"a b", false},
	    {"a\n", false},
	    {"\xc3\xa4", false},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(account_name_is_valid(rows[i].name) == rows[i].is_valid);
}

static void
test_files(void)
{
	static const struct {
		const char *text;
		int count; /* -1: refused */
	} rows[] = {
	    {"", 0},
	    {"# a comment\n\n", 0},
	    {"a:Administrator:enabled:$y$x\n", 1},
	    {"a:ReadOnly::$y$x\nb:Operator:enabled,must-change:$y$y\n", 2},
	    {":password-length=9,session-timeout=60\n", 0},
	    {":\n", 0},
	    {"a:Administrator:enabled:$y$x", -1}, /* cut off */
	    {"a:Administrator:enabled\n", -1},
	    {"a:Root:enabled:$y$x\n", -1},
	    {"a:administrator:enabled:$y$x\n", -1},
	    {"a:Operator:enabled,other:$y$x\n", -1},
	    {"a:Operator:enabled:$y$x\na:Administrator:enabled:$y$x\n", -1},
	    {"/x:Operator:enabled:$y$x\n", -1},
	    {":password-length=0\n", -1},
	    {":session-timeout=99999999999999999999\n", -1},
	    {":other=1\n", -1},
	    {":password-length\n", -1},
	};
	size_t i;
	int rc;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_file("file", rows[i].text);
		accounts_init(&accounts);
		rc = accounts_read(&accounts, "file");
		CHECK(rc == (rows[i].count == -1 ? -1 : 0));
		CHECK(rc == 0 || errno == EINVAL);
		CHECK(rc == -1 || accounts.count == (unsigned)rows[i].count);
	}
	accounts_init(&accounts);
	CHECK(accounts_read(&accounts, "missing") == 0 && accounts.count == 0);
	CHECK(accounts_read(&accounts, "file/x") == -1 && errno == ENOTDIR);
}

static void
test_round_trip(void)
{
	struct account *a;
	struct stat st;
	char name[16];
	unsigned i;

	accounts_init(&accounts);
	for (i = 0; i < ACCOUNTS_MAX; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		a = accounts_add(&accounts, name);
		a->role = i % 3;
		a->is_enabled = i % 2 == 0;
		a->must_change = i % 4 < 2;
		strcpy(a->hash, "$y$x");
	}
	CHECK(accounts_add(&accounts, "more") == NULL);
	accounts.rules[RULE_SESSION_TIMEOUT] = 77;
	accounts.rule_is_set[RULE_SESSION_TIMEOUT] = true;
	CHECK(accounts_write(&accounts, "round") == 0);
	CHECK(stat("round", &st) == 0 && (st.st_mode & 07777) == 0600);
	accounts_init(&accounts);
	CHECK(accounts_read(&accounts, "round") == 0);
	CHECK(accounts.count == ACCOUNTS_MAX);
	CHECK(accounts.rules[RULE_SESSION_TIMEOUT] == 77);
	CHECK(!accounts.rule_is_set[RULE_PASSWORD_LENGTH]);
	for (i = 0; i < ACCOUNTS_MAX; i++) {
		a = &accounts.all[i];
		CHECK(a->role == i % 3 && a->is_enabled == (i % 2 == 0) &&
		      a->must_change == (i % 4 < 2));
	}
	accounts_remove(&accounts, accounts_find(&accounts, "user0"));
	CHECK(accounts_find(&accounts, "user0") == NULL);
	CHECK(accounts_find(&accounts, "user63") != NULL);
}

/* A disk that is full leaves the old file as it was. */
static void
test_full_disk(void)
{
	const struct rlimit small = {100, RLIM_INFINITY};
	struct rlimit before;
	struct stat st;

	put_file("full", "a:Administrator:enabled:$y$x\n");
	CHECK(accounts_read(&accounts, "round") == 0 && accounts.count == 64);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK(accounts_write(&accounts, "full") == -1 && errno == EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	CHECK(stat("full.new", &st) == -1);
	CHECK(accounts_read(&accounts, "full") == 0 && accounts.count == 1);
}

/* A link that somebody has put in the file's place is not followed. */
static void
test_links(void)
{
	put_file("other", "untouched\n");
	CHECK(symlink("other", "linked.new") == 0);
	CHECK(symlink("other", "linked.lock") == 0);
	accounts_init(&accounts);
	CHECK(accounts_write(&accounts, "linked") == 0);
	CHECK(accounts_lock("linked") == -1 && errno == ELOOP);
	CHECK(accounts_read(&accounts, "other") == -1);
}

static void
test_passwords(void)
{
	static const struct {
		const char *password;
		bool is_right;
	} rows[] = {
	    {"secret77", true},
	    {"        ", true},
	    {"\xc3\xa4\xc3\xb6\xc3\xbc 99", true},
	    {"short", false},
	    {"alice77", false}, /* contains the user's name */
	    {"new\nline99", false},
	    {"del\177ete99", false},
	    {"", false},
	};
	struct account account = {.name = "alice77"};
	char longest[PASSWORD_MAX + 2];
	size_t i;

	accounts_init(&accounts);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK((account_password_fault(&accounts, account.name,
			   rows[i].password) == NULL) == rows[i].is_right);
	memset(longest, 'x', PASSWORD_MAX + 1);
	longest[PASSWORD_MAX + 1] = '\0';
	CHECK(account_password_fault(&accounts, "a", longest) != NULL);
	longest[PASSWORD_MAX] = '\0';
	CHECK(account_password_fault(&accounts, "a", longest) == NULL);
	/* The whole password counts. */
	CHECK(account_set_password(&account, longest) == 0);
	CHECK(account_check_password(&account, longest));
	longest[PASSWORD_MAX - 1] = 'y';
	CHECK(!account_check_password(&account, longest));
	CHECK(!account_check_password(NULL, longest));
	account.hash[0] = '\0';
	CHECK(!account_check_password(&account, ""));
	strcpy(account.hash, "*");
	CHECK(!account_check_password(&account, "*"));
}

int
main(void)
{
	test_names();
	test_files();
	test_round_trip();
	test_full_disk();
	test_links();
	test_passwords();
	return check_status();
}
