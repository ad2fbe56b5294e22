/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <linux/nbd.h>

#include "base/clock.h"
#include "drive/dial.h"
#include "nbd/apart-program.h"
#include "unix/socket.h"

#define HANDSHAKE_S 5

void
dial_init(struct dial *d, const char *path, bool writable,
    void (*say)(const char *line))
{
	*d = (struct dial){
	    .path = path, .writable = writable, .say = say, .candidate = -1};
	nbd_apart_init(&d->handshake);
}

static struct nbd_wish
wish_of(const struct dial *d)
{
	return (struct nbd_wish){
	    .read_only = !d->writable, .limit = HANDSHAKE_S};
}

/* A host that has the medium waits meanwhile, as for a source that is away. */
static int
tell_no_handshake(struct dial *d, struct failure *why)
{
	fail_errno(why, EX_OSERR, "unable to run " NBD_APART_PROGRAM);
	if (!d->is_known)
		return -1;
	if (!d->is_told)
		d->say(why->text);
	d->is_told = true;
	return 0;
}

static int
begin(struct dial *d, struct failure *why)
{
	const struct nbd_wish wish = wish_of(d);
	int rc;

	d->next = clock_ms() + DIAL_AGAIN_MS;
	d->candidate = connect_unix(d->path);
	if (d->candidate == -1) {
		snprintf(d->reason, sizeof(d->reason), "%s", strerror(errno));
		return 0;
	}
	if (nbd_apart_begin(
		&d->handshake, d->candidate, &wish, nbd_apart_spawn) == 0)
		return 0;
	rc = tell_no_handshake(d, why);
	close(d->candidate);
	d->candidate = -1;
	return rc;
}

/* Another image's bytes are worse than none: the host waits for the right one. */
static bool
is_wrong(struct dial *d, const struct nbd_connection *found)
{
	if (!d->is_known ||
	    (found->size == d->first.size &&
		strcmp(found->identity, d->first.identity) == 0))
		return false;
	if (!d->is_refused)
		d->say("the source has another image now: waiting for the one "
		       "that was inserted");
	d->is_refused = true;
	return true;
}

static int
end(struct dial *d, int *socket, struct failure *why)
{
	const struct nbd_wish wish = wish_of(d);
	struct nbd_connection found;
	int rc = nbd_apart_end(&d->handshake, d->candidate, &wish, &found,
	    d->reason, sizeof(d->reason));

	close(d->candidate);
	d->candidate = -1;
	d->next = clock_ms() + DIAL_AGAIN_MS;
	if (rc == -1)
		return 0;
	if (is_wrong(d, &found)) {
		close(found.socket);
		return 0;
	}
	if (d->writable && found.flags & NBD_FLAG_READ_ONLY) {
		close(found.socket);
		return fail(why, EX_NOPERM,
		    "unable to write to %s: the server only reads", d->path);
	}
	d->first = found;
	d->is_known = true;
	d->is_refused = d->is_told = false;
	*socket = found.socket;
	return 1;
}

int
dial_go_on(struct dial *d, int *socket, struct failure *why)
{
	if (d->candidate == -1 && clock_ms() >= d->next && begin(d, why) == -1)
		return -1;
	if (d->candidate == -1 || !nbd_apart_is_over(&d->handshake))
		return 0;
	return end(d, socket, why);
}

int
dial_descriptor(const struct dial *d)
{
	return d->candidate != -1 ? d->handshake.back : -1;
}

void
dial_end(struct dial *d)
{
	if (d->candidate == -1)
		return;
	nbd_apart_cancel(&d->handshake);
	close(d->candidate);
	d->candidate = -1;
}

void
dial_forget(struct dial *d)
{
	if (d->candidate == -1)
		return;
	close(d->candidate);
	close(d->handshake.back);
	d->candidate = -1;
}
