/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "nbd/reconnect.h"

#define LOOK_MS	     2000 /* between two checks that the device exists */
#define RETRY_MIN_MS 100  /* between two tries to reconnect */
#define RETRY_MAX_MS 2000
#define MEND_LIMIT   30 /* seconds for one try */

static struct nbd_link
make_link(const struct nbd_reconnect *d, const struct nbd_connection *c)
{
	return (struct nbd_link){.index = d->index,
	    .socket = c->socket,
	    .size = c->size,
	    .block = c->block,
	    .flags = c->flags,
	    .timeout = d->timeout,
	    .outage = d->outage,
	    .identity = c->identity};
}

int
nbd_reconnect_attach(struct nbd_reconnect *d)
{
	struct nbd_link link = make_link(d, &d->image);
	int index = nbd_kernel_connect(d->kernel, &link), saved = errno;

	close(d->image.socket);
	errno = saved;
	if (index != -1)
		d->index = index;
	return index;
}

/* Try once to give the device a new link. Returns false if that failed, and
 * sets *changed if the server has another image. */
static bool
try_mend(struct nbd_reconnect *d, bool *changed)
{
	struct nbd_connection c;
	struct nbd_link link;
	struct nbd_wish wish = d->wish;
	char why[512];
	int result;

	/* Limit this try: a server that accepts connections but is silent may
	 * be replaced by another one. */
	wish.limit = MEND_LIMIT;
	if (nbd_client_open(d->server, -1, &wish, &c, why, sizeof(why)) == -1)
		return false;
	*changed = c.size != d->image.size ||
		   strcmp(c.identity, d->image.identity) != 0;
	link = make_link(d, &c);
	result = *changed ? -1 : nbd_kernel_rejoin(d->kernel, &link);
	close(c.socket);
	return result == 0;
}

int
nbd_reconnect_mend(struct nbd_reconnect *d)
{
	int pause = RETRY_MIN_MS;
	bool changed = false;

	while (nbd_kernel_is_attached(d->index)) {
		if (try_mend(d, &changed))
			return NBD_RECONNECT_RESTORED;
		if (changed)
			return NBD_RECONNECT_CHANGED;
		clock_sleep_ms(pause);
		if (pause < RETRY_MAX_MS)
			pause *= 2;
	}
	return NBD_RECONNECT_ENDED;
}

int
nbd_reconnect_next(struct nbd_reconnect *d)
{
	struct pollfd p = {nbd_kernel_event_fd(d->kernel), POLLIN, 0};
	int dead;

	/* The kernel sends no event when the device is disconnected. */
	while (nbd_kernel_is_attached(d->index)) {
		if (poll(&p, 1, LOOK_MS) < 1)
			continue;
		dead = nbd_kernel_next_dead(d->kernel);
		if (dead == d->index)
			return NBD_RECONNECT_LOST;
		/* The event of our device may be among the lost events. If not,
		 * the kernel drops the new link. */
		if (dead == -1 && errno == ENOBUFS && d->server != NULL &&
		    nbd_reconnect_mend(d) == NBD_RECONNECT_CHANGED)
			return NBD_RECONNECT_CHANGED;
	}
	return NBD_RECONNECT_ENDED;
}
