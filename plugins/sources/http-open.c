/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "sources/http-cipher.h"
#include "sources/http-error.h"
#include "sources/http-guard.h"
#include "sources/http-open.h"
#include "sources/http-pause.h"
#include "sources/http.h"

#define CONNECT_SECONDS 10
#define NAME_SECONDS	5   /* then look a name up again: it may have moved */
#define STALL_SECONDS	10  /* a transfer may be this slow for this long */
#define STALL_BYTES	512 /* a second */
#define PROBE_TRIES	3

/* --- settings ---------------------------------------------------------- */

/* Set the certificates of the server and of us, netrc and proxies. */
static bool
set_trust(CURL *easy, const struct source_config *config)
{
	if (config->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	/* A CA given by the user replaces the system's trust store. */
	if (config->cacert.len > 0)
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (config->netrc != NULL) {
		curl_easy_setopt(
		    easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		curl_easy_setopt(easy, CURLOPT_NETRC_FILE, config->netrc);
	}
	if (config->proxy != NULL)
		curl_easy_setopt(easy, CURLOPT_PROXY, config->proxy);
	if (config->noproxy != NULL)
		curl_easy_setopt(easy, CURLOPT_NOPROXY, config->noproxy);
	/*
	 * If an encrypted key has no password, OpenSSL asks at the terminal,
	 * and libcurl 7.88, which gets the key as a blob, crashes. So set an
	 * empty password.
	 */
	curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
	return http_set_blob(easy, CURLOPT_CAINFO_BLOB, &config->cacert) &&
	       http_set_identity(easy, config);
}

static bool
configure(CURL *easy, const struct source_config *config)
{
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "vmedia/" VERSION);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)NAME_SECONDS);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
	/* HTTP/2 would put all transfers on one connection, which is slower. */
	curl_easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	/* http-follow.c follows redirects. */
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	http_prefer_cipher(easy);
	return set_trust(easy, config);
}

/* --- the first requests ------------------------------------------------ */

/* They fetch the image's first bytes for the caller of http_open(). */
struct probe {
	struct http *http;
	unsigned char *first;
	size_t room, got;
	int64_t give_up; /* ms: when to stop waiting for a busy server */
	void (*waits)(const char *why);
	unsigned seed;
	bool ended;
	struct fault fault; /* status 0: none */
};

static void
probe_data(struct transfer *t, const void *bytes, size_t len)
{
	struct probe *p = t->owner;

	memcpy(p->first + p->got, bytes, len);
	p->got += len;
}

static void
probe_done(struct transfer *t, const struct fault *f)
{
	struct probe *p = t->owner;

	p->ended = true;
	if (f != NULL)
		p->fault = *f;
}

/* Make one request for `ask`; the answer brings at most len bytes, which are
 * appended to p->first. */
static bool
probe_once(struct probe *p, enum http_ask ask, size_t len)
{
	struct http *h = p->http;
	size_t had = p->got;
	struct transfer t = {.offset = ask == HTTP_ASK_RANGE ? p->got : 0,
	    .length = len,
	    .data = len > 0 ? probe_data : NULL,
	    .done = probe_done,
	    .owner = p};

	p->ended = false;
	p->fault.status = 0;
	h->ask = ask;
	http_ops.start(&h->source, &t);
	while (!p->ended)
		http_ops.poll(&h->source, 1000);
	if (p->fault.status != 0)
		p->got = had;
	return p->fault.status == 0;
}

/* Returns how many tries to make in all if the last fault is this one. */
static unsigned
tries_after(const struct connection *c, const struct fault *f)
{
	if (f->kind != FAULT_TRANSIENT)
		return 1;
	if (http_is_busy(c->answer.status))
		return UINT_MAX;
	/* The next redirect may lead to another mirror. But if this mirror
	 * refuses us, the others are likely to refuse us, too. */
	if (c->hop != NULL)
		return c->answer.status == 401 || c->answer.status == 403
			   ? PROBE_TRIES
			   : UINT_MAX;
	/* If the server cannot be reached, or stalls, we have waited long
	 * enough. */
	if (f->status == EX_NOHOST || f->status == EX_TEMPFAIL ||
	    (c->answer.status == 0 && f->status == EX_UNAVAILABLE))
		return 1;
	return PROBE_TRIES;
}

static bool
probe_run(struct probe *p, enum http_ask ask, size_t len)
{
	const struct connection *c = p->http->connections;
	unsigned tries;
	int64_t pause;

	for (tries = 1; !probe_once(p, ask, len); tries++) {
		pause = http_pause_after(
		    &p->fault, tries, p->give_up - clock_ms(), &p->seed);
		if (tries >= tries_after(c, &p->fault) || pause == -1)
			return false;
		http_pause(&p->fault, pause, p->waits);
	}
	return true;
}

/* Find out the size if Content-Range does not have it (its total is "*"). */
static bool
probe_size(struct probe *p)
{
	return probe_run(p, HTTP_ASK_HEAD, 0) ||
	       probe_run(p, HTTP_ASK_LAST_BYTE, 0);
}

/* Request the rest if the first answer brought less than was requested. */
static bool
probe_rest(struct probe *p)
{
	uint64_t size = p->http->identity.size, want = p->room;

	if (want > size)
		want = size;
	while (p->got < want)
		if (!probe_run(p, HTTP_ASK_RANGE, (size_t)want - p->got))
			return false;
	if (p->got == want)
		return true;
	p->fault.kind = FAULT_REQUEST;
	p->fault.status = EX_PROTOCOL;
	p->fault.cause = CAUSE_USUAL;
	snprintf(p->fault.text, sizeof(p->fault.text),
	    "the server sends more bytes than it says that the image has");
	return false;
}

/* Measure the round trip and the rate of the first request. */
static void
measure(struct http *h)
{
	CURL *easy = h->connections[0].easy;
	curl_off_t found = 0, connected = 0, begun = 0, ended = 0, got = 0;
	char *address = NULL;
	long connects = 0;

	curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
	/* If a redirect leads to the same server, no connection is made: take
	 * the time from the request to the first byte. */
	curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &found);
	curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &connected);
	if (connects > 0) {
		curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &found);
		curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
	}
	curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &begun);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &ended);
	curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &got);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
	snprintf(h->server, sizeof(h->server), "%s", address ? address : "");
	h->source.info.address = h->server;
	h->source.info.round_trip = (unsigned)(connected - found);
	h->first_answer = begun / 1000;
	/* The rate is that of an open connection, without the handshakes. */
	h->source.info.rate = (uint64_t)got * 1000000 /
			      (uint64_t)(ended > begun ? ended - begun : 1);
}

/* --- opening ----------------------------------------------------------- */

struct http *
http_new(const struct source_config *config, struct fault *why)
{
	struct http *h = calloc(1, sizeof(*h));
	struct connection *c;

	why->kind = FAULT_REQUEST;
	why->status = EX_OSERR;
	why->cause = CAUSE_USUAL;
	snprintf(why->text, sizeof(why->text), "out of memory");
	if (h == NULL)
		return NULL;
	h->source.ops = &http_ops;
	h->config = *config;
	h->open = http_open;
	h->multi = curl_multi_init();
	h->connections = calloc(config->connections, sizeof(*h->connections));
	h->count = config->connections;
	h->share = curl_share_init();
	if (h->multi == NULL || h->connections == NULL || h->share == NULL)
		goto fail;
	/* One thread makes all requests, so no locks are needed. */
	curl_share_setopt(h->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
	curl_multi_setopt(
	    h->multi, CURLMOPT_MAXCONNECTS, (long)config->connections);
	if (config->writable) {
		why->status = EX_USAGE;
		snprintf(why->text, sizeof(why->text),
		    "an image on HTTP is read-only");
		goto fail;
	}
	if (http_url_set(&h->url, config, why) == -1)
		goto fail;
	h->source.info.url = h->url.display;
	h->source.info.validator = h->identity.shown;
	h->source.info.connections = config->connections;
	for (c = h->connections; c < h->connections + h->count; c++) {
		if (http_connection_init(c, h) == -1 ||
		    !configure(c->easy, config))
			goto fail;
		http_guard_set(c);
	}
	return h;
fail:
	http_ops.close(&h->source);
	return NULL;
}

struct source *
http_open(const struct source_config *config, void *first, size_t room,
    size_t *got, struct fault *why)
{
	struct http *h = http_new(config, why);
	struct probe p = {.http = h,
	    .first = first,
	    .room = room,
	    .give_up = clock_ms() + (int64_t)config->patience * 1000,
	    .waits = config->waits,
	    .seed = (unsigned)clock_us()};

	if (h == NULL)
		return NULL;
	if (!probe_run(&p, HTTP_ASK_FIRST, room))
		goto fail;
	measure(h);
	if ((h->identity.size == 0 && !probe_size(&p)) || !probe_rest(&p))
		goto fail;
	h->source.info.size = h->identity.size;
	h->source.info.validator_is_weak = h->identity.is_weak;
	h->ask = HTTP_ASK_RANGE;
	*got = p.got;
	return &h->source;
fail:
	*why = p.fault;
	http_ops.close(&h->source);
	return NULL;
}
