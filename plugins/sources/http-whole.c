/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "sources/http-error.h"
#include "sources/http-whole.h"

static bool
lacks_room(struct connection *c)
{
	const struct download *d = c->http->download;
	struct fault *f = &c->fault;

	c->found_fault = true;
	f->kind = FAULT_REQUEST;
	f->status = EX_CANTCREAT;
	snprintf(f->text, sizeof(f->text),
	    "the server cannot send parts of a file (no ranges), and the whole "
	    "image has more than the %" PRIu64 " MiB for which there is room",
	    d->room >> 20);
	return false;
}

bool
http_whole_believe(struct connection *c)
{
	struct download *d = c->http->download;
	const struct http_answer *a = &c->answer;

	if (http_fault_of_whole(a, &c->fault)) {
		c->found_fault = true;
		return false;
	}
	http_identity_learn(&c->http->identity, a);
	d->got = 0;
	d->of = a->has_length ? a->length : 0;
	return d->of <= d->room || lacks_room(c);
}

bool
http_whole_body(struct connection *c, const void *bytes, size_t n)
{
	struct download *d = c->http->download;

	if (n > d->room - d->got)
		return lacks_room(c);
	if (d->put(d, bytes, n, &c->fault) == -1) {
		c->found_fault = true;
		return false;
	}
	d->got += n;
	d->came_at = clock_ms();
	return true;
}
