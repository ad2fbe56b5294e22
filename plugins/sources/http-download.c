/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Implements http_download() of source.h.
 */
#include <stdio.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "sources/http-open.h"
#include "sources/http-pause.h"
#include "sources/http.h"

#define BREAKS_MAX 5	/* failed downloads that had brought some bytes */
#define READ_MIN   1024 /* bytes, for CURLOPT_BUFFERSIZE */
#define READ_MAX   (256 * 1024)
#define TELL_MS	   1000 /* between two reports of the progress */

/* One try to download the image; it owns the transfer. */
struct attempt {
	bool ended;
	struct fault fault; /* status 0: none */
};

static void
attempt_done(struct transfer *t, const struct fault *f)
{
	struct attempt *a = t->owner;

	a->ended = true;
	if (f != NULL)
		a->fault = *f;
}

/* Try once to download the image, from its beginning. */
static void
attempt_run(struct attempt *a, struct http *h)
{
	struct transfer t = {.length = 1, .done = attempt_done, .owner = a};
	struct download *d = h->download;
	int64_t told = clock_ms();

	a->ended = false;
	a->fault.status = 0;
	d->got = 0;
	http_ops.start(&h->source, &t);
	while (!a->ended) {
		http_ops.poll(&h->source, TELL_MS);
		if (clock_ms() - told < TELL_MS)
			continue;
		told = clock_ms();
		d->tell(d);
	}
	if (a->fault.status != 0 || d->got > 0)
		return;
	a->fault.kind = FAULT_REQUEST;
	a->fault.status = EX_DATAERR;
	a->fault.cause = CAUSE_USUAL;
	snprintf(a->fault.text, sizeof(a->fault.text), "the image is empty");
}

/*
 * Download the image until all of it has come. If a connection breaks, the
 * download starts again, because the server cannot start in the middle. A
 * download may break BREAKS_MAX - 1 times, and the server may send nothing for
 * `patience` seconds.
 */
static bool
download(struct http *h, struct fault *why)
{
	int64_t pause, patience = (int64_t)h->config.patience * 1000;
	unsigned breaks = 0, tries = 0, seed = (unsigned)clock_us();
	struct attempt a = {.ended = false};

	h->download->came_at = clock_ms();
	for (;;) {
		attempt_run(&a, h);
		if (a.fault.status == 0)
			return true;
		if (h->download->got > 0) {
			breaks++;
			tries = 0;
		}
		pause = http_pause_after(&a.fault, ++tries,
		    h->download->came_at + patience - clock_ms(), &seed);
		if (a.fault.kind != FAULT_TRANSIENT || breaks == BREAKS_MAX ||
		    pause == -1)
			break;
		http_pause(&a.fault, pause, h->config.waits);
	}
	*why = a.fault;
	return false;
}

/*
 * libcurl checks the rate only after a hundred reads (7.88), so the bytes of a
 * second must take more reads than that.
 */
static void
limit_rate(CURL *easy, uint64_t rate)
{
	uint64_t piece = rate / 128;

	if (rate == 0)
		return;
	if (piece < READ_MIN)
		piece = READ_MIN;
	if (piece < READ_MAX)
		curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)piece);
	curl_easy_setopt(easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)rate);
}

struct source *
http_download(
    const struct source_config *config, struct download *d, struct fault *why)
{
	struct source_config one = *config;
	struct http *h;

	one.connections = 1;
	h = http_new(&one, why);
	if (h == NULL)
		return NULL;
	h->ask = HTTP_ASK_WHOLE;
	h->download = d;
	limit_rate(h->connections[0].easy, d->limit_rate);
	if (!download(h, why)) {
		http_ops.close(&h->source);
		return NULL;
	}
	h->source.info.size = h->identity.size = d->got;
	h->source.info.validator_is_weak = h->identity.is_weak;
	return &h->source;
}
