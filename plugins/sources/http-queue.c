/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sysexits.h>

#include "base/clock.h"
#include "sources/http-queue.h"

#define QUEUED_MS 1500 /* beyond four times the usual wait for an answer */

void
http_queue_note(struct connection *c)
{
	struct http *h = c->http;
	long port = 0;

	curl_easy_getinfo(c->easy, CURLINFO_LOCAL_PORT, &port);
	if (h->answers++ == 0)
		h->only_port = port;
	else if (port != h->only_port)
		h->only_port = 0;
}

/* Has c's request waited for an answer for a long time, while others were
 * answered? */
static bool
is_queued(struct connection *c, int64_t now)
{
	const struct http *h = c->http;
	curl_off_t sent = 0;
	long port = 0;

	if (c->transfer == NULL || c->answer.status != 0)
		return false;
	curl_easy_getinfo(c->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
	curl_easy_getinfo(c->easy, CURLINFO_LOCAL_PORT, &port);
	if (sent == 0 || port == h->only_port)
		return false;
	if (c->sent_at == 0) {
		c->sent_at = now;
		c->answers = h->answers;
	}
	return h->answers > c->answers &&
	       now - c->sent_at > QUEUED_MS + 4 * h->first_answer;
}

void
http_queue_leave(struct http *h)
{
	static const struct fault again = {.kind = FAULT_AGAIN,
	    .status = EX_TEMPFAIL,
	    .text = "the server serves one connection at a time: using one"};
	struct connection *c;
	struct transfer *t;
	int64_t now = clock_ms();
	unsigned queued = 0;

	if (h->only_port == 0 || h->source.info.connections == 1)
		return;
	for (c = h->connections; c < h->connections + h->count; c++)
		queued += is_queued(c, now);
	if (queued == 0)
		return;
	h->source.info.connections = 1;
	for (c = h->connections; c < h->connections + h->count; c++) {
		t = c->transfer;
		if (t == NULL || c->sent_at == 0)
			continue;
		c->transfer = NULL;
		curl_multi_remove_handle(h->multi, c->easy);
		t->done(t, &again);
	}
}
