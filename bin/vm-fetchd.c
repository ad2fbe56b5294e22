/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-fetchd: serve a remote image as NBD on a Unix socket.
 *
 * It starts nbdkit with our plugin, which does the work, and adds what nbdkit
 * cannot do: it gives up its privileges before anything from the network is
 * read, passes secrets in memory files instead of argv, says when the socket
 * can be used, and ends with the exit status that fits the failure.
 *
 * Options, the socket, and messages are here; lib/fetchd has the rest.
 */
#include <sys/prctl.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/options.h"
#include "base/output.h"
#include "base/failure.h"
#include "base/secret.h"
#include "base/url-typed.h"
#include "base/url.h"
#include "fetchd/nbdkit.h"
#include "fetchd/parameters.h"
#include "fetchd/supervise.h"
#include "unix/privileges.h"
#include "unix/socket.h"
#include "unix/sd-notify.h"

struct options {
	bool only_check, only_look, only_name;
	const char *request; /* NULL: words has the URL */
	const char *socket;  /* NULL: use a path of our own */
	const char *user;
	char **words; /* the URL and the parameters */
};

static struct nbdkit nbdkit;
static struct parameters parameters = {.argv = &nbdkit.argv};

/* Where the image is served. */
static char socket_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
static char own_dir[32]; /* made for the socket; "" if -U gives a path */

static void
usage(FILE *out)
{
	fprintf(out,
	    "usage: vm-fetchd [-chnpV] [-U SOCKET] [-u USER] URL|PATH|- "
	    "[key=value...]\n"
	    "       vm-fetchd [-clp] [-U SOCKET] [-u USER] -r DIRECTORY "
	    "[key=value...]\n"
	    "keys: user domain password=+FILE|-FD header=+FILE|-FD netrc=FILE\n"
	    "      cacert=FILE cert=FILE key=FILE insecure=1 proxy=URL "
	    "noproxy=HOSTS cache=SIZE\n"
	    "      connections=N outage=SECONDS limit-rate=SIZE "
	    "allow-hosts=HOSTS stats=PATH about=PATH\n"
	    "      raw=1 writable=1 overlay=FILE overlay-size=SIZE\n"
	    "      sha256=HEX sums=FILE sums-url=URL renew=DIRECTORY\n");
}

static void __attribute__((noreturn)) die(const struct failure *why)
{
	output_cause(why->cause, why->status);
	errx(why->status, "%s", why->text);
}

/* --- the socket -------------------------------------------------------- */

static void
remove_socket(void)
{
	if (nbdkit.listen_fd == -1)
		return;
	unlink(socket_path);
	if (own_dir[0] != '\0')
		rmdir(own_dir);
}

/* Choose a path in a new directory, to which nobody else can write. */
static void
make_own_path(void)
{
	strcpy(own_dir, "/tmp/vm-fetchd.XXXXXX");
	if (mkdtemp(own_dir) == NULL)
		err(EX_CANTCREAT, "unable to make a directory in /tmp");
	snprintf(socket_path, sizeof(socket_path), "%s/socket", own_dir);
}

/* Bind the socket here, so that nbdkit needs no right to the directory. */
static void
listen_on(const char *path)
{
	struct failure why;
	int fd;

	if (path == NULL)
		make_own_path();
	else if (strlen(path) < sizeof(socket_path))
		strcpy(socket_path, path);
	else
		errx(EX_USAGE,
		    "unable to use %s: a socket's path has at "
		    "most %zu bytes",
		    path, sizeof(socket_path) - 1);
	fd = listen_unix(socket_path);
	if (fd == -1 && errno == EADDRINUSE)
		errx(EX_TEMPFAIL, "unable to bind %s: in use", socket_path);
	if (fd == -1 && errno == ENOTSOCK)
		errx(EX_CANTCREAT, "unable to bind %s: it is not a socket",
		    socket_path);
	if (fd == -1)
		err(EX_CANTCREAT, "unable to bind %s", socket_path);
	nbdkit.listen_fd = nbdkit_inherit(fd, &why);
	if (nbdkit.listen_fd == -1)
		die(&why);
	/* nbdkit gets a copy with the number that it expects. */
	fcntl(nbdkit.listen_fd, F_SETFD, FD_CLOEXEC);
}

/* --- messages ---------------------------------------------------------- */

static void
say(const char *line)
{
	warnx("%s", line);
}

static int
say_ready(const char *text)
{
	notify_ready();
	return puts(text) != EOF && output_close() == 0 ? 0 : -1;
}

/* --- starting ---------------------------------------------------------- */

/* Read every secret and open every file, while we still may. */
static void
take_parameters(const struct options *o)
{
	char **words = o->words;
	const char *note;
	struct failure why;

	if (parameters_check(words, &why) == -1)
		die(&why);
	fill_standard_streams();
	if (nbdkit_open(&nbdkit, &why) == -1)
		die(&why);
	if (o->request != NULL) {
		if (parameters_take_request(
			&parameters, o->request, o->only_look, &why) == -1)
			die(&why);
	} else if (strncmp(words[0], "url=", 4) != 0 &&
		   parameters_take(&parameters, "url", *words++, &why) == -1) {
		die(&why);
	}
	if (parameters_take_words(&parameters, words, &why) == -1)
		die(&why);
	if (o->only_check)
		parameters.overlay = NULL;
	note = parameters_note(&parameters);
	if (note != NULL)
		warnx("%s", note);
	if (parameters_finish(&parameters, &why) == -1)
		die(&why);
}

/* Print the kind of an image's location, and the location without secrets. */
static int
name_url(const char *word)
{
	char *typed, *shown;

	typed = strcmp(word, "-") == 0 ? secret_read_line(STDIN_FILENO)
				       : strdup(word);
	shown = typed != NULL ? url_for_show(typed) : NULL;
	if (shown == NULL)
		err(EX_NOINPUT, "unable to read url");
	printf("%s %s\n", url_kind_name(url_kind(typed)), shown);
	free(shown);
	secret_free(typed);
	return 0;
}

static void
undo_parameters(void)
{
	parameters_undo(&parameters);
}

/* A shell that is killed (SIGKILL) cannot end us, so the kernel does. */
static void
end_with_parent(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1)
		err(EX_OSERR, "unable to end with the parent process");
}

/* Returns the options, or ends the program. */
static struct options
parse_options(int argc, char **argv)
{
	struct options o = {.words = NULL};
	bool has_url;
	int option;

	while ((option = options_next(argc, argv, "+chlnpr:U:u:V")) != -1) {
		switch (option) {
		case 'c':
			o.only_check = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'l':
			o.only_look = true;
			break;
		case 'n':
			o.only_name = true;
			break;
		case 'r':
			o.request = optarg;
			break;
		case 'p':
			end_with_parent();
			break;
		case 'U':
			o.socket = optarg;
			break;
		case 'u':
			o.user = optarg;
			break;
		case 'V':
			puts("vm-fetchd " VERSION);
			exit(0);
		default:
			usage(stderr);
			exit(EX_USAGE);
		}
	}
	o.words = argv + optind;
	has_url = o.words[0] != NULL && o.words[0][0] != '\0';
	if ((o.request == NULL || o.only_name) && (!has_url || o.only_look)) {
		usage(stderr);
		exit(EX_USAGE);
	}
	return o;
}

int
main(int argc, char **argv)
{
	/* Static and all zeros, like nbdkit: else its 200 KB would be in the
	 * file. */
	static struct supervisor supervisor;
	struct options o;
	struct failure why;

	nbdkit.listen_fd = -1;
	output_check_at_exit();
	o = parse_options(argc, argv);
	if (o.only_name)
		return name_url(o.words[0]);
	take_parameters(&o);
	supervisor.nbdkit = &nbdkit;
	supervisor.parameters = &parameters;
	supervisor.socket = socket_path;
	supervisor.say = say;
	supervisor.on_ready = say_ready;
	if (supervisor_catch_signals(&supervisor, &why) == -1)
		die(&why);
	atexit(remove_socket);
	atexit(undo_parameters);
	listen_on(o.socket);
	nbdkit.user = o.user;
	supervisor.only_check = o.only_check;
	if (supervisor_run(&supervisor, &why) == -1)
		die(&why);
	return 0;
}
