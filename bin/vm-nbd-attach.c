/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-nbd-attach: an NBD server's export as a block device of this kernel.
 *
 * Does the handshake, hands the connection to the kernel, prints the device,
 * and stays to give it a new connection each time the link dies, so that
 * whoever reads notices a pause. Its own death leaves the device as it is;
 * only -D takes it away.
 */
#include <sys/prctl.h>

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
#include <time.h>
#include <unistd.h>

#include <linux/nbd.h>

#include "nbd-client.h"
#include "nbd-kernel.h"
#include "notify.h"
#include "number.h"

#define LOOK_MS	      500 /* between two looks whether it is still ours */
#define RETRY_MIN_MS  100 /* between two tries to reconnect */
#define RETRY_MAX_MS  2000
#define WRITE_OUT_S   1	   /* between two times */
#define DETACH_MS     1000 /* for a device to go once it is disconnected */
#define READ_AHEAD_KB 1024 /* a chunk of vm-fetchd: one fetch, one wait */
#define INDEX_MAX     1023
#define SIZE_UNIT     512

struct options {
	const char *server; /* a Unix socket; NULL: descriptor 0 */
	int index;	    /* -1: any */
	bool adopt;	    /* it is attached: take it over */
	bool read_only;
	const char *identity; /* instead of the export's own */
	uint64_t timeout, outage;
};

static void
usage(FILE *out)
{
	fputs("usage: vm-nbd-attach [-hrV] [-d /dev/nbdN] [-i ID] "
	      "[-o SECONDS] [-t SECONDS] SOCKET|-\n"
	      "       vm-nbd-attach -a /dev/nbdN [-hrV] [-i ID] [-o SECONDS] "
	      "[-t SECONDS] SOCKET\n"
	      "       vm-nbd-attach -D|-W /dev/nbdN\n",
	    out);
}

static void
sleep_ms(int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&t, NULL);
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

/* --- connecting -------------------------------------------------------- */

static void
apply_options(const struct options *o, struct nbd_connection *c)
{
	if (o->identity != NULL)
		snprintf(c->identity, sizeof(c->identity), "%s", o->identity);
	if (o->read_only)
		c->flags |= NBD_FLAG_READ_ONLY;
}

static void
connect_server(const struct options *o, struct nbd_connection *c)
{
	const char *name = o->server != NULL ? o->server : "descriptor 0";
	char why[512];

	if (nbd_client_open(o->server, STDIN_FILENO, c, why, sizeof(why)) == -1)
		errx(errno == EPROTO ? EX_PROTOCOL : EX_UNAVAILABLE,
		    "unable to connect to %s: %s", name, why);
	if (c->size == 0 || c->size % SIZE_UNIT != 0)
		errx(EX_DATAERR,
		    "unable to attach %s: its size is no multiple of %d", name,
		    SIZE_UNIT);
	apply_options(o, c);
}

static struct nbd_link
make_link(const struct options *o, const struct nbd_connection *c, int index)
{
	return (struct nbd_link){.index = index,
	    .socket = c->socket,
	    .size = c->size,
	    .flags = c->flags,
	    .timeout = (unsigned)o->timeout,
	    .outage = (unsigned)o->outage,
	    .identity = c->identity};
}

static int
attach(struct nbd_kernel *k, const struct options *o, struct nbd_connection *c)
{
	struct nbd_link link = make_link(o, c, o->index);
	int index = nbd_kernel_connect(k, &link), waited;

	if (index == -1 && errno == EBUSY)
		err(EX_TEMPFAIL, "unable to attach: the device is in use");
	if (index == -1)
		err(errno == EPERM ? EX_NOPERM : EX_OSERR, "unable to attach");
	close(c->socket);
	for (waited = 0; !nbd_kernel_is_attached(index); waited += 10) {
		if (waited >= DETACH_MS)
			errx(EX_OSERR,
			    "unable to attach: /dev/nbd%d has no "
			    "size",
			    index);
		sleep_ms(10);
	}
	/* A request of the kernel's for each 128 KiB, one after the other,
	 * is a round trip each: let it ask for more than it was asked. */
	if (nbd_kernel_tune(index, "read_ahead_kb", READ_AHEAD_KB) == -1)
		warn("unable to set the read-ahead of /dev/nbd%d", index);
	return index;
}

/* --- staying ----------------------------------------------------------- */

/* One try to give the device a new link. False: not yet. */
static bool
try_rejoin(struct nbd_kernel *k, const struct options *o,
    const struct nbd_connection *first, int index)
{
	struct nbd_connection c;
	struct nbd_link link;
	char why[512];
	int result;

	if (nbd_client_open(o->server, -1, &c, why, sizeof(why)) == -1)
		return false;
	apply_options(o, &c);
	if (c.size != first->size || strcmp(c.identity, first->identity) != 0)
		errx(EX_DATAERR,
		    "unable to reconnect /dev/nbd%d: the image "
		    "changed",
		    index);
	link = make_link(o, &c, index);
	result = nbd_kernel_rejoin(k, &link);
	close(c.socket);
	return result == 0;
}

/* Reconnect for as long as the device is there. */
static void
rejoin(struct nbd_kernel *k, const struct options *o,
    const struct nbd_connection *first, int index)
{
	int pause = RETRY_MIN_MS;

	while (
	    nbd_kernel_is_attached(index) && !try_rejoin(k, o, first, index)) {
		sleep_ms(pause);
		if (pause < RETRY_MAX_MS)
			pause *= 2;
	}
}

/* The link has died. */
static void
mend(struct nbd_kernel *k, const struct options *o,
    const struct nbd_connection *first, int index)
{
	warnx("/dev/nbd%d: the link is lost", index);
	if (o->server == NULL)
		errx(EX_IOERR,
		    "unable to reconnect /dev/nbd%d: it came by "
		    "descriptor",
		    index);
	rejoin(k, o, first, index);
	if (nbd_kernel_is_attached(index))
		warnx("/dev/nbd%d: the link is restored", index);
}

/* Stay until somebody disconnects the device. */
static void
stay(struct nbd_kernel *k, const struct options *o,
    const struct nbd_connection *first, int index)
{
	struct pollfd p = {nbd_kernel_event_fd(k), POLLIN, 0};
	int dead;

	/* Nothing multicasts a disconnect, so now and then we look. */
	while (nbd_kernel_is_attached(index)) {
		if (poll(&p, 1, LOOK_MS) < 1)
			continue;
		dead = nbd_kernel_next_dead(k);
		/* The kernel takes no link that it does not need. */
		if (dead == index)
			mend(k, o, first, index);
		else if (dead == -1 && errno == ENOBUFS && o->server != NULL)
			rejoin(k, o, first, index);
	}
}

/*
 * Take over a device that is attached, and whose vm-nbd-attach has died. Its
 * link may have died as well, and nobody knows: the kernel takes the new one
 * only if so, and by its identity only the same image.
 */
static void
adopt(struct nbd_kernel *k, const struct options *o, struct nbd_connection *c)
{
	if (nbd_kernel_look(o->index, c->identity, &c->size) == -1)
		err(EX_NOINPUT, "unable to take over /dev/nbd%d", o->index);
	if (o->identity != NULL && strcmp(o->identity, c->identity) != 0)
		errx(EX_DATAERR,
		    "unable to take over /dev/nbd%d: it is another image",
		    o->index);
	rejoin(k, o, c, o->index);
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
	const struct timespec pause = {WRITE_OUT_S, 0};
	int fd = open(device, O_RDONLY | O_CLOEXEC), caught;
	sigset_t end;

	if (fd == -1)
		err(EX_OSERR, "unable to open %s", device);
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	puts(device);
	fclose(stdout);
	do {
		caught = sigtimedwait(&end, NULL, &pause);
		if (fsync(fd) == -1)
			errx(EX_IOERR,
			    "unable to write out %s: some of what was "
			    "written is lost",
			    device);
	} while (caught != SIGTERM);
	return 0;
}

/* --- main -------------------------------------------------------------- */

static int
detach(int index)
{
	struct nbd_kernel k;
	int waited;

	open_kernel(&k);
	if (nbd_kernel_disconnect(&k, index) == -1)
		err(errno == EPERM ? EX_NOPERM : EX_OSERR,
		    "unable to detach /dev/nbd%d", index);
	nbd_kernel_close(&k);
	for (waited = 0; nbd_kernel_is_attached(index); waited += 10) {
		if (waited >= DETACH_MS)
			errx(EX_TEMPFAIL,
			    "unable to detach /dev/nbd%d: "
			    "somebody has it open",
			    index);
		sleep_ms(10);
	}
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
	struct nbd_connection connection;
	struct nbd_kernel kernel;
	int c, index;

	while ((c = getopt(argc, argv, "a:D:d:hi:o:rt:VW:")) != -1) {
		switch (c) {
		case 'a':
			o.index = parse_device(optarg);
			o.adopt = true;
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
			o.identity = optarg;
			break;
		case 'o':
			o.outage = parse_seconds(optarg, 3600);
			break;
		case 'r':
			o.read_only = true;
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
	if (argc - optind == 1 && strcmp(argv[optind], "-") != 0)
		o.server = argv[optind];
	if (argc - optind != 1 || (o.adopt && o.server == NULL)) {
		usage(stderr);
		return EX_USAGE;
	}
	open_kernel(&kernel);
	if (o.adopt) {
		adopt(&kernel, &o, &connection);
		index = o.index;
	} else {
		connect_server(&o, &connection);
		index = attach(&kernel, &o, &connection);
	}
	/* To restore a link must not wait for memory that waits for it. */
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	printf("/dev/nbd%d\n", index);
	fclose(stdout);
	notify_ready();
	stay(&kernel, &o, &connection, index);
	nbd_kernel_close(&kernel);
	return 0;
}
