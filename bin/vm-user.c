/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-user: change the accounts of users who log in through the network. It
 * changes the file of accounts, whether vm-door runs or not: vm-door reads the
 * file for each request.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json-text.h"
#include "base/number.h"
#include "base/options.h"
#include "base/output.h"
#include "base/secret.h"
#include "door/accounts.h"
#include "door/pam.h"
#include "door/unlock.h"
#include "unix/ask-password.h"

/* What the command line asks for. */
static struct {
	const char *file;
	const char *name;
	const char *role; /* NULL: not given */
	int password_fd;  /* -1: a terminal, or standard input */
	bool must_change, is_json, uses_pam;
} args = {.file = "/etc/vmedia/accounts", .password_fd = -1};

static struct accounts accounts;

static void
usage(FILE *out)
{
	fputs("usage: vm-user [-c] [-j] [-a FILE] [-P | -p FD] [-r ROLE] add "
	      "NAME\n"
	      "       vm-user [-c] [-j] [-a FILE] [-P | -p FD] passwd NAME\n"
	      "       vm-user [-j] [-a FILE] -r ROLE role NAME\n"
	      "       vm-user [-j] [-a FILE] lock | unlock | rm NAME\n"
	      "       vm-user [-j] [-a FILE] ls\n"
	      "       vm-user -h | -V\n",
	    out);
}

/* --- the file ------------------------------------------------------------- */

static void
read_or_die(void)
{
	accounts_init(&accounts);
	if (accounts_read(&accounts, args.file) == 0)
		return;
	if (errno == EINVAL)
		errx(EX_CONFIG, "unable to read %s: a line is not an account",
		    args.file);
	err(errno == EACCES ? EX_NOPERM : EX_IOERR, "unable to read %s",
	    args.file);
}

/* Read the file, and let nobody else change it until we end. */
static void
lock_or_die(void)
{
	if (accounts_lock(args.file) == -1)
		err(errno == EACCES ? EX_NOPERM : EX_CANTCREAT,
		    "unable to make %s.lock", args.file);
	read_or_die();
}

static void
write_or_die(void)
{
	if (accounts_write(&accounts, args.file) == -1)
		err(EX_CANTCREAT, "unable to write %s", args.file);
	if (args.is_json)
		puts("{\"schema\": 1, \"changed\": true}");
}

static struct account *
find_or_die(void)
{
	struct account *a = accounts_find(&accounts, args.name);

	if (a == NULL)
		errx(EX_NOINPUT, "there is no account %s: type vmctl user ls",
		    args.name);
	return a;
}

/* --- passwords ------------------------------------------------------------ */

static char *
ask_or_die(const char *prompt)
{
	char *password = ask_password(prompt);

	if (password == NULL)
		err(EX_IOERR, "unable to read a password from the terminal");
	return password;
}

static char *
read_password(void)
{
	int fd = args.password_fd != -1 ? args.password_fd : STDIN_FILENO;
	char *password, *again;

	if (args.password_fd == -1 && isatty(STDIN_FILENO)) {
		password = ask_or_die("Password: ");
		again = ask_or_die("Again: ");
		if (strcmp(password, again) != 0)
			errx(EX_DATAERR, "the two passwords differ: try again");
		secret_free(again);
		return password;
	}
	password = secret_read_line(fd);
	if (password == NULL)
		err(EX_NOINPUT, "unable to read a password from descriptor %d",
		    fd);
	return password;
}

/* Hash a new password for the account `a`. The file is not locked meanwhile: a
 * person may be slow to type the password. */
static void
take_password(struct account *a)
{
	const char *fault;
	char *password;

	if (args.uses_pam) {
		snprintf(a->hash, sizeof(a->hash), "%s", PAM_HASH);
		return;
	}
	password = read_password();
	fault = account_password_fault(&accounts, args.name, password);
	if (fault != NULL)
		errx(EX_DATAERR,
		    "unable to use the password: %s (at least %u characters, "
		    "at most %d)",
		    fault, accounts.rules[RULE_PASSWORD_LENGTH], PASSWORD_MAX);
	if (account_set_password(a, password) == -1)
		err(EX_OSERR, "unable to hash the password");
	secret_free(password);
}

/* --- verbs ---------------------------------------------------------------- */

static void
refuse_existing(void)
{
	if (accounts_find(&accounts, args.name) != NULL)
		errx(EX_CANTCREAT,
		    "the account %s is there already: to change its password, "
		    "type vmctl user passwd %s",
		    args.name, args.name);
}

static void
take_role(struct account *a)
{
	if (!account_role_of(args.role, &a->role))
		errx(EX_USAGE,
		    "there is no role %s: use Administrator, Operator or "
		    "ReadOnly",
		    args.role);
}

static void
add(void)
{
	struct account fresh = {.role = ROLE_ADMINISTRATOR, .is_enabled = true};
	struct account *a;

	if (!account_name_is_valid(args.name))
		errx(EX_USAGE,
		    "unable to name an account %s: use 1 to %d letters, "
		    "digits, ., _ and -, and a letter or _ first",
		    args.name, ACCOUNT_NAME_SIZE - 1);
	if (args.role != NULL)
		take_role(&fresh);
	read_or_die();
	refuse_existing();
	take_password(&fresh);
	lock_or_die();
	refuse_existing();
	a = accounts_add(&accounts, args.name);
	if (a == NULL)
		errx(EX_CANTCREAT,
		    "there are %d accounts: remove one by vmctl user rm NAME",
		    ACCOUNTS_MAX);
	memcpy(fresh.name, a->name, sizeof(fresh.name));
	*a = fresh;
	a->must_change = args.must_change;
	write_or_die();
}

static void
passwd(void)
{
	struct account fresh = {.is_enabled = true}, *a;

	read_or_die();
	find_or_die();
	take_password(&fresh);
	lock_or_die();
	a = find_or_die();
	memcpy(a->hash, fresh.hash, sizeof(a->hash));
	a->must_change = args.must_change;
	write_or_die();
}

static void
change_role(void)
{
	if (args.role == NULL)
		errx(EX_USAGE, "give the role with -r: Administrator, Operator "
			       "or ReadOnly");
	lock_or_die();
	take_role(find_or_die());
	write_or_die();
}

static void
set_enabled(bool is_enabled)
{
	lock_or_die();
	find_or_die()->is_enabled = is_enabled;
	write_or_die();
}

static void
lock(void)
{
	set_enabled(false);
}

/* Unlock an account that was locked by a person, or by wrong passwords, which
 * vm-door counts. */
static void
unlock(void)
{
	const char *run_dir = getenv("VM_RUN_DIR");
	char dir[PATH_MAX];

	set_enabled(true);
	snprintf(dir, sizeof(dir), "%s-door",
	    run_dir != NULL ? run_dir : "/run/vmedia");
	if (unlock_ask(dir, args.name) == -1)
		err(EX_CANTCREAT, "unable to write in %s", dir);
}

static void
rm(void)
{
	lock_or_die();
	accounts_remove(&accounts, find_or_die());
	write_or_die();
}

static void
list_json(void)
{
	struct json_text t = {0};
	const struct account *a;

	json_begin_object(&t, NULL);
	json_put_number(&t, "schema", 1);
	json_begin_array(&t, "accounts");
	for (a = accounts.all; a < accounts.all + accounts.count; a++) {
		json_begin_object(&t, NULL);
		json_put_string(&t, "name", a->name);
		json_put_string(&t, "role", account_role_name(a->role));
		json_put_bool(&t, "enabled", a->is_enabled);
		json_put_bool(&t, "must_change", a->must_change);
		json_put_bool(&t, "pam", account_uses_pam(a));
		json_end_object(&t);
	}
	json_end_array(&t);
	json_end_object(&t);
	if (!json_text_end(&t))
		errx(EX_OSERR, "unable to list the accounts: no memory");
	puts(t.data);
	json_text_free(&t);
}

static void
ls(void)
{
	const struct account *a;

	read_or_die();
	if (args.is_json) {
		list_json();
		return;
	}
	for (a = accounts.all; a < accounts.all + accounts.count; a++)
		printf("%-32s  %s%s%s%s\n", a->name, account_role_name(a->role),
		    a->is_enabled ? "" : ", locked",
		    a->must_change ? ", must change its password" : "",
		    account_uses_pam(a) ? ", password by PAM" : "");
}

/* --- main ----------------------------------------------------------------- */

static const struct {
	const char *name;
	bool takes_name;
	void (*run)(void);
} verbs[] = {
    {"add", true, add},
    {"lock", true, lock},
    {"ls", false, ls},
    {"passwd", true, passwd},
    {"rm", true, rm},
    {"role", true, change_role},
    {"unlock", true, unlock},
};

static int
run_verb(int argc, char **argv)
{
	unsigned i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (argc == 0 || strcmp(verbs[i].name, argv[0]) != 0)
			continue;
		if (argc != 1 + verbs[i].takes_name)
			break;
		args.name = argv[1];
		verbs[i].run();
		return 0;
	}
	usage(stderr);
	return EX_USAGE;
}

int
main(int argc, char **argv)
{
	const struct rlimit none = {0, 0};
	uint64_t fd;
	int c;

	/* A core dump would have passwords in it. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	output_check_at_exit();
	umask(077);
	while ((c = options_next(argc, argv, "a:chjPp:r:V")) != -1) {
		switch (c) {
		case 'a':
			args.file = optarg;
			break;
		case 'c':
			args.must_change = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'j':
			args.is_json = true;
			break;
		case 'P':
			if (!pam_is_built())
				errx(EX_UNAVAILABLE,
				    "unable to use PAM: build vmedia with "
				    "make PAM=1");
			args.uses_pam = true;
			break;
		case 'p':
			if (number_parse(optarg, 0, 1023, &fd) == -1)
				errx(EX_USAGE, "there is no descriptor %s",
				    optarg);
			args.password_fd = (int)fd;
			break;
		case 'r':
			args.role = optarg;
			break;
		case 'V':
			puts("vm-user " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (args.uses_pam && (args.must_change || args.password_fd != -1))
		errx(EX_USAGE,
		    "unable to use -P with -c or -p: the system has the "
		    "password");
	return run_verb(argc - optind, argv + optind);
}
