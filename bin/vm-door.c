/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-door: a small service that runs as root, for programs that face the
 * network and do not run as root. It authenticates their clients itself, and
 * does what each client may do, by vmctl and vm-host.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/number.h"
#include "base/options.h"
#include "base/output.h"
#include "door/check.h"
#include "door/client.h"
#include "door/serve.h"
#include "door/unlock.h"
#include "unix/activation.h"
#include "unix/socket.h"

#define USER	 "vmedia-redfish"
#define UPLOADER "vmedia-upload"

static struct door_settings settings = {
    .accounts = "/etc/vmedia/accounts",
    .run_dir = "/run/vmedia",
    .verifies = true,
    .retypes = true,
    .timeout_s = 55,
    .keep_s = 7 * 86400,
};

static void
usage(FILE *out)
{
	fputs("usage: vm-door [-chiRV] [-a FILE] [-d \"cd disk\"] "
	      "[-k SECONDS]\n"
	      "               [-r RULE=NUMBER] [-S STORE] [-s SOCKET] "
	      "[-t SECONDS]\n"
	      "               [-U USER] [-u USER]\n",
	    out);
}

static void
take_drives(const char *words)
{
	int count = image_media_list(
	    words + strspn(words, " "), settings.drives, DOOR_SLOTS);

	if (count == -1)
		errx(EX_USAGE,
		    "unable to use the drives \"%s\": name up to %d, each of "
		    "them cd or disk",
		    words, DOOR_SLOTS);
	settings.slots = (unsigned)count;
}

/* Parse a rule such as "session-timeout=1800". */
static void
take_rule(char *text)
{
	char *equals = strchr(text, '=');
	enum account_rule rule = ACCOUNT_RULES;
	uint64_t value = 0;

	if (equals != NULL) {
		*equals = '\0';
		rule = account_rule_of(text);
		*equals = '=';
	}
	if (rule == ACCOUNT_RULES ||
	    number_parse(equals + 1, 0, INT_MAX, &value) == -1 ||
	    !account_rule_allows(rule, (unsigned long)value))
		errx(EX_USAGE, "unable to use the rule %s: see vm-door(8)",
		    text);
	settings.rules[rule] = (unsigned)value;
}

static unsigned
take_seconds(const char *text)
{
	uint64_t seconds;

	if (number_parse(text, 1, INT_MAX, &seconds) == -1)
		errx(EX_USAGE, "unable to use %s: not a number of seconds",
		    text);
	return (unsigned)seconds;
}

static const char *
take_store(const char *path)
{
	if (*path != '/')
		errx(EX_USAGE,
		    "unable to use the store %s: name a path that begins with "
		    "/",
		    path);
	return path;
}

/* A user that was typed must exist. The default user may be made later, with
 * its service. */
static const char *
take_user(const char *name)
{
	if (getpwnam(name) == NULL)
		errx(EX_NOUSER,
		    "unable to find the user %s: use -U for another", name);
	return name;
}

static void
make_directory(const char *path)
{
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		err(EX_CANTCREAT, "unable to make the directory %s", path);
}

/* Make our own directories, which nobody else can read. */
static void
make_directories(void)
{
	static char dir[PATH_MAX - 16], part[PATH_MAX];
	const char *run_dir = getenv("VM_RUN_DIR");

	if (run_dir != NULL)
		settings.run_dir = run_dir;
	snprintf(dir, sizeof(dir), "%s-door", settings.run_dir);
	settings.state_dir = dir;
	make_directory(dir);
	snprintf(part, sizeof(part), "%s/sessions", dir);
	make_directory(part);
	snprintf(part, sizeof(part), "%s/" DOOR_UNLOCKS, dir);
	make_directory(part);
}

/* Returns the listening socket; *path becomes NULL if systemd has passed the
 * socket. */
static int
listen_or_die(const char **path)
{
	int fd = activation_socket();

	if (fd != -1) {
		*path = NULL;
		return fd;
	}
	fd = listen_unix(*path);
	if (fd == -1)
		err(errno == EADDRINUSE ? EX_TEMPFAIL : EX_CANTCREAT,
		    "unable to listen at %s", *path);
	/* Anybody may connect: vm-door checks who that is, and the users of its
	 * clients may be made later, with their services. */
	if (chmod(*path, 0666) == -1)
		err(EX_OSERR, "unable to open %s to all", *path);
	return fd;
}

/* vm-ws-proxy starts this, with its client's request on standard input. */
static int
check(void)
{
	static char head[CHECK_HEAD_MAX];
	const char *path = getenv("VM_WS_PATH"), *peer = getenv("VM_WS_PEER");
	size_t len = fread(head, 1, sizeof(head), stdin);

	return door_check_request(head, len, path != NULL ? path : "",
	    peer != NULL ? peer : "unknown");
}

static void
set_up_process(void)
{
	const struct rlimit none = {0, 0};

	/* A core dump would have passwords in it. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	output_check_at_exit();
	umask(077);
}

int
main(int argc, char **argv)
{
	const char *socket = getenv("VM_DOOR_SOCKET"), *user = USER;
	const char *uploader = UPLOADER;
	static struct accounts first;
	int c, fd;

	set_up_process();
	if (socket == NULL)
		socket = DOOR_SOCKET;
	take_drives("cd disk");
	accounts_init(&first);
	memcpy(settings.rules, first.rules, sizeof(settings.rules));
	while (
	    (c = options_next(argc, argv, "a:cd:hik:Rr:S:s:t:U:u:V")) != -1) {
		switch (c) {
		case 'a':
			settings.accounts = optarg;
			break;
		case 'c':
			return check();
		case 'd':
			take_drives(optarg);
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'i':
			settings.verifies = false;
			break;
		case 'k':
			settings.keep_s = take_seconds(optarg);
			break;
		case 'R':
			settings.retypes = false;
			break;
		case 'r':
			take_rule(optarg);
			break;
		case 'S':
			settings.store = take_store(optarg);
			break;
		case 's':
			socket = optarg;
			break;
		case 't':
			settings.timeout_s = take_seconds(optarg);
			break;
		case 'U':
			uploader = take_user(optarg);
			break;
		case 'u':
			user = optarg;
			break;
		case 'V':
			puts("vm-door " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return EX_USAGE;
	}
	make_directories();
	fd = listen_or_die(&socket);
	puts(socket != NULL ? socket : "ready");
	if (output_close() == -1)
		err(EX_IOERR, "unable to write standard output");
	c = door_serve(fd, user, uploader, &settings);
	if (socket != NULL)
		unlink(socket);
	return c;
}
