/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/prctl.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "nbd/attach.h"
#include "nbd/device.h"
#include "nbd/handoff-server.h"
#include "nbd/kernel.h"
#include "nbd/reconnect.h"

#define READ_AHEAD_KB 1024 /* a chunk of vm-fetchd: one fetch and one wait */
/* A link that was handed in may be slow. The kernel sends two reads of this
 * size at a time, and both must arrive before the timeout. */
#define SERVED_AHEAD_KB 512
#define SERVED_LIMIT	10 /* seconds for a handshake */
#define DIALED_LIMIT	10 /* the same; the outage limit if that is longer */
#define SIZE_UNIT	512

static void __attribute__((format(printf, 2, 3)))
say(const struct nbd_attach *a, const char *format, ...)
{
	char line[FAILURE_TEXT_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	a->say(line);
}

static int
fail_to_attach(struct failure *why)
{
	if (errno == EBUSY)
		return fail_errno(
		    why, EX_TEMPFAIL, "unable to attach: the device is in use");
	return fail_errno(
	    why, errno == EPERM ? EX_NOPERM : EX_OSERR, "unable to attach");
}

/*
 * Check that the attached device can be used, and make it fast. If it cannot be
 * used, detach it, because no other process would do so.
 */
static int
make_ready(const struct nbd_attach *a, struct nbd_kernel *kernel, int index,
    unsigned read_ahead_kb, struct failure *why)
{
	if (!nbd_kernel_await(index, true)) {
		nbd_kernel_disconnect(kernel, index);
		return fail(why, EX_OSERR,
		    "unable to attach: /dev/nbd%d has no size", index);
	}
	/* The kernel reads 128 KiB at a time. Without read-ahead each of these
	 * would take a round trip. */
	if (nbd_kernel_tune(index, "read_ahead_kb", read_ahead_kb) == -1)
		say(a, "unable to set the read-ahead of /dev/nbd%d: %s", index,
		    strerror(errno));
	return 0;
}

/* Prepare to keep the device alive, and tell that it is ready. */
static void
begin_staying(const struct nbd_attach *a, int index)
{
	/* Restoring a link must not wait for memory, which the kernel may only
	 * be able to free through this link. */
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	a->on_ready(index);
}

/* --- dial -------------------------------------------------------------- */

static int
connect_server(struct nbd_reconnect *d, struct failure *why)
{
	const char *name = d->server != NULL ? d->server : "descriptor 0";
	struct nbd_wish wish = d->wish;
	char text[512];

	wish.limit = d->outage > DIALED_LIMIT ? (int)d->outage : DIALED_LIMIT;
	if (nbd_client_open(d->server, STDIN_FILENO, &wish, &d->image, text,
		sizeof(text)) == -1)
		return fail(why, errno == EPROTO ? EX_PROTOCOL : EX_UNAVAILABLE,
		    "unable to connect to %s: %s", name, text);
	if (d->image.size == 0 || d->image.size % SIZE_UNIT != 0)
		return fail(why, EX_DATAERR,
		    "unable to attach %s: its size is not a multiple of %d",
		    name, SIZE_UNIT);
	return 0;
}

/* Fail if the server has another image, which must not replace the first. */
static int
refuse_changed(const struct nbd_reconnect *d, int news, struct failure *why)
{
	if (news == NBD_RECONNECT_CHANGED)
		return fail_because(why, CAUSE_CHANGED, EX_DATAERR,
		    "unable to reconnect /dev/nbd%d: the image changed",
		    d->index);
	return 0;
}

static int
restore_link(
    const struct nbd_attach *a, struct nbd_reconnect *d, struct failure *why)
{
	int news;

	say(a, "/dev/nbd%d: the connection is lost", d->index);
	if (d->server == NULL)
		return fail_because(why, CAUSE_UNREACHABLE, EX_IOERR,
		    "unable to reconnect /dev/nbd%d: the server is on a "
		    "descriptor, which cannot be opened again",
		    d->index);
	news = nbd_reconnect_mend(d);
	if (news == NBD_RECONNECT_RESTORED)
		say(a, "/dev/nbd%d: the connection is restored", d->index);
	return refuse_changed(d, news, why);
}

/* Attach the device, or take it over. */
static int
begin_dialed(
    const struct nbd_attach *a, struct nbd_reconnect *d, struct failure *why)
{
	if (a->adopt) {
		if (nbd_device_take_over(
			d->index, a->wish.identity, &d->image, why) == -1)
			return -1;
		return refuse_changed(d, nbd_reconnect_mend(d), why);
	}
	if (connect_server(d, why) == -1)
		return -1;
	if (nbd_reconnect_attach(d) == -1)
		return fail_to_attach(why);
	return make_ready(a, d->kernel, d->index, READ_AHEAD_KB, why);
}

int
nbd_attach_dial(const struct nbd_attach *a, struct failure *why)
{
	struct nbd_kernel kernel;
	struct nbd_reconnect d = {.kernel = &kernel,
	    .server = a->server,
	    .wish = a->wish,
	    .timeout = a->timeout,
	    .outage = a->outage,
	    .index = a->index};
	int news;

	if (nbd_device_open_kernel(&kernel, why) == -1)
		return -1;
	if (begin_dialed(a, &d, why) == -1)
		return -1;
	begin_staying(a, d.index);
	while ((news = nbd_reconnect_next(&d)) == NBD_RECONNECT_LOST)
		if (restore_link(a, &d, why) == -1)
			return -1;
	return refuse_changed(&d, news, why);
}

/* --- serve ------------------------------------------------------------- */

/* Pass on the news of handoff_server_next(). Returns 1 to wait for more, 0 at
 * the end, or -1. */
static int
take_served(const struct nbd_attach *a, const struct handoff_server *s,
    int news, struct failure *why)
{
	static const char *const words[] = {
	    [HANDOFF_SERVER_OK] = "ok",
	    [HANDOFF_SERVER_WAITING] = "waiting",
	    [HANDOFF_SERVER_DOWN] = "down",
	    [HANDOFF_SERVER_GONE] = "gone",
	};

	switch (news) {
	case -1:
		return fail_to_attach(why);
	case HANDOFF_SERVER_ATTACHED:
		if (make_ready(a, s->kernel, s->index, SERVED_AHEAD_KB, why) ==
		    -1)
			return -1;
		begin_staying(a, s->index);
		return 1;
	case HANDOFF_SERVER_ENDED:
	case HANDOFF_SERVER_STOPPED:
		return 0;
	case HANDOFF_SERVER_OK:
		say(a, "served: %s %s", s->client, s->who);
		/* FALLTHROUGH */
	default:
		say(a, "source: %s", words[news]);
		return 1;
	}
}

int
nbd_attach_serve(const struct nbd_attach *a, struct failure *why)
{
	static struct handoff_server s; /* too large for a stack */
	struct nbd_kernel kernel;
	int news, result;

	if (nbd_device_open_kernel(&kernel, why) == -1)
		return -1;
	s.kernel = &kernel;
	s.stop = a->stop;
	s.wish = a->wish;
	s.wish.limit = SERVED_LIMIT;
	s.timeout = a->timeout;
	s.outage = a->outage;
	s.index = a->index;
	s.is_attached = a->adopt;
	if (a->adopt && nbd_device_take_over(
			    a->index, a->wish.identity, &s.image, why) == -1)
		return -1;
	if (handoff_server_open(&s, a->handoff) == -1)
		return fail_errno(
		    why, EX_CANTCREAT, "unable to listen at %s", a->handoff);
	if (a->adopt)
		begin_staying(a, a->index);
	do {
		news = handoff_server_next(&s);
		result = take_served(a, &s, news, why);
	} while (result == 1);
	if (result == 0)
		handoff_server_close(&s);
	return result == 0 && news == HANDOFF_SERVER_STOPPED ? 1 : result;
}
