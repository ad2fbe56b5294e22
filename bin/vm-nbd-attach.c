/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-nbd-attach: an NBD server's export as a block device of this kernel.
 *
 * It does the handshake, hands the connection to the kernel, prints the device,
 * and stays to give the device a new connection each time the link dies, so
 * that a reader notices only a pause. If vm-nbd-attach dies, the device stays;
 * only -D removes it. With -l it does not connect: another vm-nbd-attach, with
 * -j, hands connections in. With -H it only does the handshake, for a program
 * that has no libnbd.
 */
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/options.h"
#include "base/output.h"
#include "base/failure.h"
#include "base/number.h"
#include "nbd/apart-child.h"
#include "nbd/attach.h"
#include "nbd/device.h"
#include "nbd/handoff-client.h"
#include "unix/sd-notify.h"

struct options {
	int mode;		  /* the option that chooses it; 0: dial */
	const char *device;	  /* -D and -W: /dev/nbdN */
	const char *client, *who; /* -j: names of the client */
	struct nbd_attach attach;
};

static void
usage(FILE *out)
{
	fputs("usage: vm-nbd-attach [-hrV] [-d /dev/nbdN] [-i ID] "
	      "[-o SECONDS] [-t SECONDS] SOCKET|-\n"
	      "       vm-nbd-attach -a /dev/nbdN [-hrV] [-i ID] [-o SECONDS] "
	      "[-t SECONDS] SOCKET\n"
	      "       vm-nbd-attach -l SOCKET [-a|-d /dev/nbdN] [-r] [-i ID] "
	      "[-o SECONDS] [-t SECONDS]\n"
	      "       vm-nbd-attach -j SOCKET [-c CLIENT] [-n WHO]\n"
	      "       vm-nbd-attach -H SECONDS [-r]\n"
	      "       vm-nbd-attach -D|-W /dev/nbdN\n",
	    out);
}

static void __attribute__((noreturn)) die(const struct failure *why)
{
	output_cause(why->cause, why->status);
	errx(why->status, "%s", why->text);
}

/*
 * Returns a descriptor that can be read when a signal tells us to end: SIGTERM,
 * or `other` (0: none).
 */
static int
catch_end(int other)
{
	sigset_t end;
	int fd;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	if (other != 0)
		sigaddset(&end, other);
	sigprocmask(SIG_BLOCK, &end, NULL);
	fd = signalfd(-1, &end, SFD_CLOEXEC);
	if (fd == -1)
		err(EX_OSERR, "unable to catch signals");
	return fd;
}

static void
say(const char *line)
{
	warnx("%s", line);
}

/* Our parent may have gone, but the device still needs us. */
static void
say_ready(int index)
{
	if ((printf("/dev/nbd%d\n", index) < 0 || output_close() == -1) &&
	    errno != EPIPE)
		warn("unable to print that /dev/nbd%d is attached", index);
	notify_ready();
}

/* --- modes ------------------------------------------------------------- */

static int
dial(struct options *o)
{
	struct failure why;

	if (nbd_attach_dial(&o->attach, &why) == -1)
		die(&why);
	return 0;
}

static int
serve(struct options *o)
{
	struct failure why;
	int result;

	o->attach.stop = catch_end(0);
	result = nbd_attach_serve(&o->attach, &why);
	if (result == -1)
		die(&why);
	return result == 1 ? 128 + SIGTERM : 0;
}

static void
tell_attached(const char *device)
{
	warnx("attached: %s", device);
}

static int
join(struct options *o)
{
	struct handoff_client j = {.handoff = o->attach.handoff,
	    .client = o->client != NULL ? o->client : "-",
	    .who = o->who != NULL ? o->who : "somebody",
	    .on_attached = tell_attached};
	char why[512];
	int status;

	/* vm-ws-proxy(1) sends SIGURG when its peer has ended the session. */
	j.leave = catch_end(SIGURG);
	status = handoff_client_run(&j, why, sizeof(why));
	if (status == 0)
		return 0;
	output_cause(
	    status == EX_IOERR ? CAUSE_UNREACHABLE : CAUSE_USUAL, status);
	warnx("%s", why);
	return status;
}

/* A program starts us for this (nbd/apart-program.h), and judges the answer. */
static int
shake_hands(struct options *o)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) == -1 || !S_ISSOCK(st.st_mode))
		errx(EX_USAGE, "unable to answer: descriptor 1 is no socket");
	nbd_apart_run(STDIN_FILENO, STDOUT_FILENO, &o->attach.wish);
}

static int
detach(struct options *o)
{
	struct failure why;

	if (nbd_device_detach(o->attach.index, &why) == -1)
		die(&why);
	return 0;
}

static int
write_out(struct options *o)
{
	int fd = open(o->device, O_RDONLY | O_CLOEXEC), stop;
	struct failure why;

	if (fd == -1)
		err(EX_OSERR, "unable to open %s", o->device);
	stop = catch_end(0);
	puts(o->device);
	output_close();
	if (nbd_device_write_out(fd, o->device, stop, &why) == -1)
		die(&why);
	return 0;
}

/* The mode for each option that chooses one. */
static const struct mode {
	char option;
	int operands;
	int (*run)(struct options *);
} modes[] = {
    {'D', 0, detach}, {'H', 0, shake_hands}, {'W', 0, write_out},
    {'j', 0, join}, {'l', 0, serve}, {0, 1, dial}, /* none of these options */
};

static const struct mode *
find_mode(int option)
{
	const struct mode *m = modes;

	while (m->option != option && m->option != 0)
		m++;
	return m;
}

/* --- options ----------------------------------------------------------- */

static int
parse_device(const char *device)
{
	struct failure why;
	int index = nbd_device_parse(device, &why);

	if (index == -1)
		die(&why);
	return index;
}

static uint64_t
parse_seconds(const char *text, uint64_t max)
{
	uint64_t seconds;

	if (number_parse(text, 1, max, &seconds) == -1)
		errx(EX_USAGE, "unable to use %s: not 1 to %u seconds", text,
		    (unsigned)max);
	return seconds;
}

/* Take one option. Returns false if there is no such option. */
static bool
take_option(struct options *o, int option)
{
	switch (option) {
	case 'a':
		o->attach.adopt = true;
		/* FALLTHROUGH */
	case 'd':
		o->attach.index = parse_device(optarg);
		return true;
	case 'c':
		o->client = optarg;
		return true;
	case 'D':
	case 'W':
		o->attach.index = parse_device(optarg);
		o->device = optarg;
		o->mode = option;
		return true;
	case 'H':
		o->attach.wish.limit = (int)parse_seconds(optarg, 60);
		o->mode = option;
		return true;
	case 'i':
		o->attach.wish.identity = optarg;
		return true;
	case 'j':
	case 'l':
		o->attach.handoff = optarg;
		o->mode = option;
		return true;
	case 'n':
		o->who = optarg;
		return true;
	case 'o':
		o->attach.outage = (unsigned)parse_seconds(optarg, 3600);
		return true;
	case 'r':
		o->attach.wish.read_only = true;
		return true;
	case 't':
		o->attach.timeout = (unsigned)parse_seconds(optarg, 60);
		return true;
	default:
		return false;
	}
}

int
main(int argc, char **argv)
{
	struct options o = {.attach = {.index = -1,
				.timeout = 10,
				.outage = 25,
				.say = say,
				.on_ready = say_ready}};
	const struct mode *mode;
	int c;

	output_check_at_exit();
	while ((c = options_next(argc, argv, "a:c:D:d:H:hi:j:l:n:o:rt:VW:")) !=
	       -1) {
		if (c == 'h') {
			usage(stdout);
			return 0;
		}
		if (c == 'V') {
			puts("vm-nbd-attach " VERSION);
			return 0;
		}
		if (!take_option(&o, c)) {
			usage(stderr);
			return EX_USAGE;
		}
	}
	argv += optind;
	argc -= optind;
	mode = find_mode(o.mode);
	if (argc == 1 && strcmp(argv[0], "-") != 0)
		o.attach.server = argv[0];
	if (argc != mode->operands ||
	    (o.attach.adopt && mode->operands == 1 &&
		o.attach.server == NULL) ||
	    ((o.client != NULL || o.who != NULL) && mode->option != 'j')) {
		usage(stderr);
		return EX_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	return mode->run(&o);
}
