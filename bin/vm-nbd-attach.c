/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-nbd-attach: an NBD server's export as a block device of this kernel.
 *
 * Does the handshake, hands the connection to the kernel, prints the device,
 * and stays to give it a new connection each time the link dies, so that
 * whoever reads notices a pause. Its own death leaves the device as it is;
 * only -D takes it away. With -l it does not connect: connections are handed
 * in, by another vm-nbd-attach with -j.
 */
#include <sys/prctl.h>
#include <sys/signalfd.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <linux/nbd.h>

#include "nbd/client.h"
#include "nbd/reconnect.h"
#include "nbd/handoff-client.h"
#include "nbd/kernel.h"
#include "nbd/handoff-server.h"
#include "unix/sd-notify.h"
#include "base/number.h"

#define WRITE_OUT_MS  1000 /* between two times */
#define READ_AHEAD_KB 1024 /* a chunk of vm-fetchd: one fetch, one wait */
/* Of what is handed in, maybe over a slow line: two of them are on their way at
 * a time, and must have come before the timeout. */
#define SERVED_AHEAD_KB 512
#define SERVED_LIMIT	10 /* seconds for a handshake */
#define INDEX_MAX	1023
#define SIZE_UNIT	512

struct options {
	const char *server; /* a Unix socket; NULL: descriptor 0 */
	const char *door;   /* a Unix socket to listen at, or to come to */
	bool joins;	    /* to come to */
	const char *client, *who;
	int index;  /* -1: any */
	bool adopt; /* it is attached: take it over */
	struct nbd_wish wish;
	uint64_t timeout, outage;
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
	      "       vm-nbd-attach -D|-W /dev/nbdN\n",
	    out);
}

static int
parse_device(const char *device)
{
	uint64_t index;

	if (strncmp(device, "/dev/nbd", 8) != 0 ||
	    number_parse(device + 8, 0, INDEX_MAX, &index) == -1)
		errx(EX_USAGE, "unable to use %s: not /dev/nbdN", device);
	if (!nbd_kernel_exists((int)index))
		errx(EX_NOINPUT, "unable to use %s: no such device", device);
	return (int)index;
}

static void
open_kernel(struct nbd_kernel *k)
{
	if (nbd_kernel_open(k) == 0)
		return;
	if (errno == ENOENT)
		errx(EX_UNAVAILABLE,
		    "unable to use the kernel's NBD: not loaded "
		    "(modprobe nbd max_part=0)");
	err(EX_OSERR, "unable to use the kernel's NBD");
}

/* --- staying ----------------------------------------------------------- */

static void __attribute__((noreturn)) fail_to_attach(void)
{
	if (errno == EBUSY)
		err(EX_TEMPFAIL, "unable to attach: the device is in use");
	err(errno == EPERM ? EX_NOPERM : EX_OSERR, "unable to attach");
}

/* It is connected: see that it can be used, and as fast as it should. */
static void
make_ready(int index, unsigned read_ahead_kb)
{
	if (!nbd_kernel_await(index, true))
		errx(EX_OSERR, "unable to attach: /dev/nbd%d has no size",
		    index);
	/* A request of the kernel's for each 128 KiB, one after the other,
	 * is a round trip each: let it ask for more than it was asked. */
	if (nbd_kernel_tune(index, "read_ahead_kb", read_ahead_kb) == -1)
		warn("unable to set the read-ahead of /dev/nbd%d", index);
}

/* The device is there: say so, and be good for it. */
static void
begin_staying(int index)
{
	/* To restore a link must not wait for memory that waits for it. */
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	printf("/dev/nbd%d\n", index);
	fclose(stdout);
	notify_ready();
}

/*
 * A device that is attached, and whose vm-nbd-attach has died, is to be taken
 * over. Its link may have died as well, and nobody knows: the kernel takes a
 * new one only if so, and by its identity only the same image.
 */
static void
look_at_attached(const struct options *o, struct nbd_connection *c)
{
	if (nbd_kernel_look(o->index, c->identity, &c->size) == -1)
		err(EX_NOINPUT, "unable to take over /dev/nbd%d", o->index);
	if (o->wish.identity != NULL &&
	    strcmp(o->wish.identity, c->identity) != 0)
		errx(EX_DATAERR,
		    "unable to take over /dev/nbd%d: it is another image",
		    o->index);
}

/* --- what we connect to ------------------------------------------------ */

static void
connect_server(struct nbd_dialed *d)
{
	const char *name = d->server != NULL ? d->server : "descriptor 0";
	char why[512];

	if (nbd_client_open(d->server, STDIN_FILENO, &d->wish, &d->image, why,
		sizeof(why)) == -1)
		errx(errno == EPROTO ? EX_PROTOCOL : EX_UNAVAILABLE,
		    "unable to connect to %s: %s", name, why);
	if (d->image.size == 0 || d->image.size % SIZE_UNIT != 0)
		errx(EX_DATAERR,
		    "unable to attach %s: its size is no multiple of %d", name,
		    SIZE_UNIT);
}

/* Another image is never spliced in: returns where it is none. */
static void
refuse_changed(const struct nbd_dialed *d, int news)
{
	if (news == NBD_DIALED_CHANGED)
		errx(EX_DATAERR,
		    "unable to reconnect /dev/nbd%d: the image changed",
		    d->index);
}

/* Stay until somebody disconnects the device. */
static void
stay(struct nbd_dialed *d)
{
	int news;

	while ((news = nbd_dialed_next(d)) == NBD_DIALED_LOST) {
		warnx("/dev/nbd%d: the link is lost", d->index);
		if (d->server == NULL)
			errx(EX_IOERR,
			    "unable to reconnect /dev/nbd%d: it came by "
			    "descriptor",
			    d->index);
		news = nbd_dialed_mend(d);
		refuse_changed(d, news);
		if (news == NBD_DIALED_RESTORED)
			warnx("/dev/nbd%d: the link is restored", d->index);
	}
	refuse_changed(d, news);
}

static int
dial(struct nbd_kernel *k, const struct options *o)
{
	struct nbd_dialed d = {.kernel = k,
	    .server = o->server,
	    .wish = o->wish,
	    .timeout = (unsigned)o->timeout,
	    .outage = (unsigned)o->outage,
	    .index = o->index};

	if (o->adopt) {
		look_at_attached(o, &d.image);
		refuse_changed(&d, nbd_dialed_mend(&d));
	} else {
		connect_server(&d);
		if (nbd_dialed_attach(&d) == -1)
			fail_to_attach();
		make_ready(d.index, READ_AHEAD_KB);
	}
	begin_staying(d.index);
	stay(&d);
	return 0;
}

/*
 * A descriptor that can be read when we are told to end, by SIGTERM or another
 * signal as well (0: none).
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

/* --- what is handed in ------------------------------------------------- */

/* Tell of the device what nbd_served_next() has. False at its end. */
static bool
tell_served(const struct nbd_served *s, int news)
{
	static const char *const words[] = {
	    [NBD_SERVED_OK] = "ok",
	    [NBD_SERVED_WAITING] = "waiting",
	    [NBD_SERVED_DOWN] = "down",
	    [NBD_SERVED_GONE] = "gone",
	};

	switch (news) {
	case -1:
		fail_to_attach();
	case NBD_SERVED_ATTACHED:
		make_ready(s->index, SERVED_AHEAD_KB);
		begin_staying(s->index);
		return true;
	case NBD_SERVED_ENDED:
	case NBD_SERVED_STOPPED:
		return false;
	case NBD_SERVED_OK:
		warnx("served: %s %s", s->client, s->who);
		/* FALLTHROUGH */
	default:
		warnx("source: %s", words[news]);
		return true;
	}
}

static int
serve(struct nbd_kernel *k, const struct options *o)
{
	static struct nbd_served s;
	int news;

	s.kernel = k;
	s.stop = catch_end(0);
	s.wish = o->wish;
	s.wish.limit = SERVED_LIMIT;
	s.timeout = (unsigned)o->timeout;
	s.outage = (unsigned)o->outage;
	s.index = o->index;
	s.is_attached = o->adopt;
	if (o->adopt)
		look_at_attached(o, &s.image);
	if (nbd_served_open(&s, o->door) == -1)
		err(EX_CANTCREAT, "unable to listen at %s", o->door);
	if (o->adopt)
		begin_staying(o->index);
	do
		news = nbd_served_next(&s);
	while (tell_served(&s, news));
	nbd_served_close(&s);
	return news == NBD_SERVED_STOPPED ? 128 + SIGTERM : 0;
}

static void
tell_attached(const char *device)
{
	warnx("attached: %s", device);
}

static int
join(const struct options *o)
{
	struct nbd_join j = {.door = o->door,
	    .client = o->client != NULL ? o->client : "-",
	    .who = o->who != NULL ? o->who : "somebody",
	    .on_attached = tell_attached};
	char why[512];
	int status;

	signal(SIGPIPE, SIG_IGN);
	/* vm-ws-proxy(1) says by SIGURG that its peer has ended it. */
	j.leave = catch_end(SIGURG);
	status = nbd_join(&j, why, sizeof(why));
	if (status != 0)
		warnx("%s", why);
	return status;
}

/* --- writing out ------------------------------------------------------- */

/*
 * Write out every second, and once more at SIGTERM, which ends it. A Linux
 * host takes a USB disk for one without a cache, and never asks for it
 * (drivers/usb/storage/scsiglue.c sets skip_ms_page_8); and the gadget writes
 * to this machine's page cache, whose error the kernel tells once to each who
 * had the device open then (Documentation/core-api/errseq.rst). So one process
 * has it open all the time, and is told all of them.
 */
static int
keep_writing_out(const char *device)
{
	int fd = open(device, O_RDONLY | O_CLOEXEC), ended;
	struct pollfd end = {catch_end(0), POLLIN, 0};

	if (fd == -1)
		err(EX_OSERR, "unable to open %s", device);
	puts(device);
	fclose(stdout);
	do {
		ended = poll(&end, 1, WRITE_OUT_MS);
		if (fsync(fd) == -1)
			errx(EX_IOERR,
			    "unable to write out %s: some of what was "
			    "written is lost",
			    device);
	} while (ended < 1);
	return 0;
}

/* --- main -------------------------------------------------------------- */

static int
detach(int index)
{
	struct nbd_kernel k;

	open_kernel(&k);
	if (nbd_kernel_disconnect(&k, index) == -1)
		err(errno == EPERM ? EX_NOPERM : EX_OSERR,
		    "unable to detach /dev/nbd%d", index);
	nbd_kernel_close(&k);
	if (!nbd_kernel_await(index, false))
		errx(EX_TEMPFAIL,
		    "unable to detach /dev/nbd%d: somebody has it open", index);
	return 0;
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

int
main(int argc, char **argv)
{
	struct options o = {.index = -1, .timeout = 10, .outage = 25};
	struct nbd_kernel kernel;
	int c;

	while ((c = getopt(argc, argv, "a:c:D:d:hi:j:l:n:o:rt:VW:")) != -1) {
		switch (c) {
		case 'a':
			o.index = parse_device(optarg);
			o.adopt = true;
			break;
		case 'c':
			o.client = optarg;
			break;
		case 'D':
			return detach(parse_device(optarg));
		case 'd':
			o.index = parse_device(optarg);
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'i':
			o.wish.identity = optarg;
			break;
		case 'j':
		case 'l':
			o.door = optarg;
			o.joins = c == 'j';
			break;
		case 'n':
			o.who = optarg;
			break;
		case 'o':
			o.outage = parse_seconds(optarg, 3600);
			break;
		case 'r':
			o.wish.read_only = true;
			break;
		case 't':
			o.timeout = parse_seconds(optarg, 60);
			break;
		case 'W':
			parse_device(optarg);
			return keep_writing_out(optarg);
		case 'V':
			puts("vm-nbd-attach " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	argv += optind;
	argc -= optind;
	if (argc == 1 && strcmp(argv[0], "-") != 0)
		o.server = argv[0];
	if (argc != (o.door == NULL) ||
	    (o.adopt && o.server == NULL && o.door == NULL) ||
	    ((o.client != NULL || o.who != NULL) && !o.joins)) {
		usage(stderr);
		return EX_USAGE;
	}
	if (o.joins)
		return join(&o);
	open_kernel(&kernel);
	return o.door != NULL ? serve(&kernel, &o) : dial(&kernel, &o);
}
