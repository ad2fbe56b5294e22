/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * HTTP and HTTPS as a source, through libcurl: ranged GETs (RFC 9110 section
 * 14) on a pool of connections. A byte is passed on only when the answer is
 * a 206 for exactly the range that was asked, of exactly the size and with
 * the validator of the image that was opened.
 *
 * One libcurl multi handle and a pool of easy handles that are configured
 * once; a transfer borrows one. What server, proxy and network may do wrong
 * is sorted in http-error.c, what an answer's header says in http-response.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include <curl/curl.h>

#include "sources/http-response.h"
#include "sources/http-error.h"
#include "base/secret.h"
#include "sources/source.h"
#include "base/url.h"

#define CONNECT_SECONDS 10
#define NAME_SECONDS	5   /* a name may move while the image is open */
#define STALL_SECONDS	10  /* a transfer that brings nothing for so long */
#define STALL_BYTES	512 /* a second */
#define REDIRECTS_MAX	5
#define PROBE_TRIES	3

/* One easy handle and the transfer that borrows it. */
struct connection {
	struct http *http;
	CURL *easy;
	struct transfer *transfer; /* NULL: idle */
	struct http_answer answer;
	bool believed;	    /* the answer was checked: its bytes may pass */
	bool found_fault;   /* ours, not libcurl's: in fault */
	bool used_shortcut; /* asked where the last redirect led */
	size_t due, got;    /* bytes: in the range, of them here */
	struct fault fault;
	char error[CURL_ERROR_SIZE];
};

struct http {
	struct source source;
	CURLM *multi;
	CURLU *url;	/* as it was given, without user and password */
	char *address;	/* the same as text, with its query */
	char *shortcut; /* where a redirect led; NULL: no redirect */
	char *display;	/* without query and fragment */
	char *user, *password;
	char validator[HTTP_VALUE_MAX];
	char server[64];
	unsigned count;
	struct connection *connections;
};

/* --- what one answer may say ------------------------------------------- */

static void
connection_fault(
    struct connection *c, enum fault_kind kind, int status, const char *text)
{
	c->found_fault = true;
	c->fault.kind = kind;
	c->fault.status = status;
	snprintf(c->fault.text, sizeof(c->fault.text), "%s", text);
}

/* Take the image's size and validator from the probe's answer. */
static void
learn_identity(struct connection *c)
{
	struct http *h = c->http;
	bool weak;

	h->source.info.size = c->answer.total;
	snprintf(h->validator, sizeof(h->validator), "%s",
	    http_answer_validator(&c->answer, &weak));
	h->source.info.validator_is_weak = weak;
}

/* Is it still the image that was opened? */
static bool
check_identity(struct connection *c)
{
	struct http *h = c->http;
	const char *now;
	bool weak;

	if (c->answer.total != h->source.info.size) {
		connection_fault(c, FAULT_CHANGED, EX_DATAERR,
		    "the image changed on the server (its size did)");
		return false;
	}
	now = http_answer_validator(&c->answer, &weak);
	if (strcmp(now, h->validator) != 0) {
		connection_fault(c, FAULT_CHANGED, EX_DATAERR,
		    "the image changed on the server (its validator did)");
		return false;
	}
	return true;
}

/* May the bytes behind these headers pass? */
static bool
believe(struct connection *c)
{
	const struct http_answer *a = &c->answer;
	const struct transfer *t = c->transfer;
	bool is_probe = c->http->source.info.size == 0;
	uint64_t last = t->offset + t->length - 1;

	/* Nothing at this offset any more: the image has shrunk. */
	if (!is_probe && a->status == 416 && a->total != 0 &&
	    a->total != c->http->source.info.size)
		return check_identity(c);
	if (http_fault_of_answer(a, is_probe, &c->fault)) {
		c->found_fault = true;
		return false;
	}
	/* The probe asks for more than a small image has. */
	if (is_probe && a->last < last && a->last + 1 == a->total)
		last = a->last;
	if (a->first != t->offset || a->last != last) {
		connection_fault(c, FAULT_TRANSIENT, EX_PROTOCOL,
		    "the server answered with another range than was asked");
		return false;
	}
	c->due = last - t->offset + 1;
	if (!is_probe)
		return check_identity(c);
	learn_identity(c);
	return true;
}

static size_t
on_header(char *line, size_t size, size_t n, void *arg)
{
	struct connection *c = arg;

	if (http_answer_line(&c->answer, line, size * n) == 0)
		return size * n;
	connection_fault(c, FAULT_TRANSIENT, EX_PROTOCOL,
	    "the server's answer has too long a header");
	return 0;
}

static size_t
on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct connection *c = arg;
	struct transfer *t = c->transfer;

	n *= size;
	if (!c->believed && !believe(c))
		return 0;
	c->believed = true;
	if (n > c->due - c->got) {
		connection_fault(c, FAULT_TRANSIENT, EX_PROTOCOL,
		    "the server sent more than was asked");
		return 0;
	}
	t->data(t, bytes, n);
	c->got += n;
	return n;
}

/* --- where to ask ------------------------------------------------------ */

/* A part of the URL, decoded, for secret_free(); NULL where it has none. */
static char *
url_part(CURLU *url, CURLUPart part, unsigned flags)
{
	char *text = NULL, *copy = NULL;

	if (curl_url_get(url, part, &text, flags) == CURLUE_OK)
		copy = strdup(text);
	curl_free(text);
	return copy;
}

/* What to ask for: the URL without user and fragment, for secret_free(). */
static char *
take_address(CURLU *url)
{
	curl_url_set(url, CURLUPART_USER, NULL, 0);
	curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
	curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
	return url_part(url, CURLUPART_URL, 0);
}

/* Scheme, host and port: what credentials are given for. */
static bool
same_origin(const char *address, CURLU *url)
{
	static const CURLUPart parts[] = {
	    CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
	CURLU *other = curl_url();
	bool same = other != NULL &&
		    curl_url_set(other, CURLUPART_URL, address, 0) == CURLUE_OK;
	char *a, *b;
	size_t i;

	for (i = 0; same && i < sizeof(parts) / sizeof(parts[0]); i++) {
		a = b = NULL;
		same =
		    curl_url_get(other, parts[i], &a, CURLU_DEFAULT_PORT) ==
			0 &&
		    curl_url_get(url, parts[i], &b, CURLU_DEFAULT_PORT) == 0 &&
		    strcmp(a, b) == 0;
		curl_free(a);
		curl_free(b);
	}
	curl_url_cleanup(other);
	return same;
}

/* Aim c at the image: straight at where a redirect led the last time. */
static void
aim(struct connection *c)
{
	struct http *h = c->http;
	const char *address = h->shortcut != NULL ? h->shortcut : h->address;
	bool ours = h->shortcut == NULL || same_origin(h->shortcut, h->url);

	c->used_shortcut = h->shortcut != NULL;
	curl_easy_setopt(c->easy, CURLOPT_URL, address);
	/* libcurl keeps them from other hosts only while it redirects. */
	curl_easy_setopt(c->easy, CURLOPT_USERNAME, ours ? h->user : NULL);
	curl_easy_setopt(c->easy, CURLOPT_PASSWORD, ours ? h->password : NULL);
}

static void
remember_redirect(struct connection *c)
{
	struct http *h = c->http;
	long count = 0;
	char *address = NULL;

	curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_COUNT, &count);
	curl_easy_getinfo(c->easy, CURLINFO_EFFECTIVE_URL, &address);
	if (count == 0 || address == NULL)
		return;
	free(h->shortcut);
	h->shortcut = strdup(address);
}

/*
 * The target of a redirect may expire (a signed link) or move: after a
 * refusal or no connection there, the next try begins at the given URL.
 */
static bool
forget_redirect(struct connection *c)
{
	struct http *h = c->http;

	if (!c->used_shortcut || c->fault.kind == FAULT_CHANGED)
		return false;
	free(h->shortcut);
	h->shortcut = NULL;
	return true;
}

/* --- transfers --------------------------------------------------------- */

/* Lend c to a transfer. */
static void
connection_begin(struct connection *c, struct transfer *t)
{
	char range[64];

	c->transfer = t;
	c->believed = c->found_fault = false;
	c->got = 0;
	c->error[0] = '\0';
	memset(&c->fault, 0, sizeof(c->fault));
	http_answer_init(&c->answer);
	aim(c);
	snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, t->offset,
	    t->offset + t->length - 1);
	curl_easy_setopt(c->easy, CURLOPT_RANGE, range);
}

/*
 * libcurl is done with c: free it, and find out what is to be said of it.
 * Returns NULL if all bytes came; else the fault, which lives in c.
 */
static const struct fault *
connection_end(struct connection *c, CURLcode code)
{
	curl_off_t pause = 0; /* Retry-After, also where it is a date */

	if (code == CURLE_OK) {
		/* An answer without a body never came by on_body(). */
		if (!c->believed && !believe(c))
			code = CURLE_WRITE_ERROR;
		else if (c->got < c->due)
			connection_fault(c, FAULT_TRANSIENT, EX_PROTOCOL,
			    "the server sent less than was asked");
	}
	c->transfer = NULL;
	if (code == CURLE_OK && !c->found_fault) {
		remember_redirect(c);
		return NULL;
	}
	if (!c->found_fault)
		http_fault_of_curl(code, c->error, &c->fault);
	curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &pause);
	c->fault.retry_after = pause > UINT_MAX ? UINT_MAX : (unsigned)pause;
	if (forget_redirect(c))
		c->fault.kind = FAULT_TRANSIENT;
	return &c->fault;
}

static void
http_start(struct source *s, struct transfer *t)
{
	struct http *h = (struct http *)s;
	struct connection *c = h->connections;

	while (c->transfer != NULL)
		c++;
	t->work = c;
	connection_begin(c, t);
	curl_multi_add_handle(h->multi, c->easy);
}

static void
http_poll(struct source *s, int timeout_ms)
{
	struct http *h = (struct http *)s;
	const struct fault *fault;
	struct connection *c;
	struct transfer *t;
	int running, left;
	CURLMsg *m;

	curl_multi_perform(h->multi, &running);
	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
		t = c->transfer;
		fault = connection_end(c, m->data.result);
		curl_multi_remove_handle(h->multi, c->easy);
		t->done(t, fault);
		timeout_ms = 0; /* there may be more to start now */
	}
	curl_multi_poll(h->multi, NULL, 0, timeout_ms, NULL);
}

static void
http_wake(struct source *s)
{
	curl_multi_wakeup(((struct http *)s)->multi);
}

static int
http_renew(struct source *s, const char *text, struct fault *why)
{
	struct http *h = (struct http *)s;
	char *address = NULL, *shown = url_for_show(text);
	CURLU *url = curl_url();

	why->kind = FAULT_REQUEST;
	why->status = EX_USAGE;
	snprintf(why->text, sizeof(why->text), "it is not of %s", h->display);
	if (url != NULL && shown != NULL && strcmp(shown, h->display) == 0 &&
	    curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK)
		address = take_address(url);
	free(shown);
	if (address == NULL) {
		curl_url_cleanup(url);
		return -1;
	}
	secret_free(h->address);
	secret_free(h->shortcut);
	curl_url_cleanup(h->url);
	h->address = address;
	h->shortcut = NULL;
	h->url = url;
	return 0;
}

static void
http_close(struct source *s)
{
	struct http *h = (struct http *)s;
	unsigned i;

	for (i = 0; h->connections != NULL && i < h->count; i++) {
		if (h->connections[i].easy == NULL)
			continue;
		if (h->connections[i].transfer != NULL)
			curl_multi_remove_handle(
			    h->multi, h->connections[i].easy);
		curl_easy_cleanup(h->connections[i].easy);
	}
	curl_multi_cleanup(h->multi);
	curl_url_cleanup(h->url);
	secret_free(h->address);
	free(h->display);
	secret_free(h->shortcut);
	secret_free(h->user);
	secret_free(h->password);
	free(h->connections);
	free(h);
}

static const struct source_ops http_ops = {
    .start = http_start,
    .poll = http_poll,
    .renew = http_renew,
    .wake = http_wake,
    .close = http_close,
};

/* --- opening ----------------------------------------------------------- */

static bool
set_blob(CURL *easy, CURLoption option, const struct source_blob *b)
{
	struct curl_blob blob = {b->pem, b->len, CURL_BLOB_COPY};

	return b->len == 0 || curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

/* Who the server must be, and who we are. */
static bool
set_trust(CURL *easy, const struct source_config *config)
{
	if (config->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	/* A CA of one's own takes the place of the system's, not a seat. */
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
	 * For an encrypted key without it, OpenSSL asks at the terminal, and
	 * libcurl 7.88, which has the key as a blob, crashes.
	 */
	curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
	return set_blob(easy, CURLOPT_CAINFO_BLOB, &config->cacert) &&
	       set_blob(easy, CURLOPT_SSLCERT_BLOB, &config->cert) &&
	       set_blob(easy, CURLOPT_SSLKEY_BLOB, &config->key);
}

static bool
connection_init(struct connection *c, struct http *h, const char *scheme,
    const struct source_config *config)
{
	CURL *easy = curl_easy_init();

	c->http = h;
	c->easy = easy;
	if (easy == NULL)
		return false;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "vmedia/" VERSION);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)NAME_SECONDS);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
	/* One connection for each transfer: that is where the rate is. */
	curl_easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* What was asked for over TLS is not to come without. */
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR,
	    strcmp(scheme, "https") == 0 ? "https" : "http,https");
	return set_trust(easy, config);
}

/* Why set_url() would not take a URL. */
static void
fault_of_url(const char *url, struct fault *why)
{
	why->status = EX_USAGE;
	if (strncasecmp(url, "http://", 7) == 0 ||
	    strncasecmp(url, "https://", 8) == 0)
		snprintf(why->text, sizeof(why->text),
		    "not a valid URL (a space in it is written %%20, other "
		    "letters than ASCII likewise; a port is at most 65535)");
	else
		snprintf(why->text, sizeof(why->text),
		    "not an http, https, nfs or smb URL, nor a whole path");
}

/* Take the URL apart: what to ask, as whom, and what may be shown of it. */
static bool
set_url(struct http *h, const struct source_config *config, char **scheme)
{
	h->url = curl_url();
	if (h->url == NULL ||
	    curl_url_set(h->url, CURLUPART_URL, config->url, 0) != CURLUE_OK)
		return false;
	*scheme = url_part(h->url, CURLUPART_SCHEME, 0);
	h->user = config->user != NULL
		      ? strdup(config->user)
		      : url_part(h->url, CURLUPART_USER, CURLU_URLDECODE);
	h->password =
	    config->password != NULL
		? strdup(config->password)
		: url_part(h->url, CURLUPART_PASSWORD, CURLU_URLDECODE);
	h->address = take_address(h->url);
	h->display = url_for_show(config->url);
	return *scheme != NULL && h->address != NULL && h->display != NULL &&
	       (strcmp(*scheme, "http") == 0 || strcmp(*scheme, "https") == 0);
}

/* The probe's transfer: its bytes go to the caller of http_open(). */
struct probe {
	unsigned char *first;
	size_t got;
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

/* One try to fetch the beginning of the image. */
static bool
probe_once(struct http *h, struct probe *p, size_t room)
{
	struct transfer t = {
	    .length = room, .data = probe_data, .done = probe_done, .owner = p};

	p->got = 0;
	p->ended = false;
	p->fault.status = 0;
	h->source.info.size = 0;
	http_start(&h->source, &t);
	while (!p->ended)
		http_poll(&h->source, 1000);
	return p->fault.status == 0;
}

/* What can't be reached, or has stalled, was waited for long enough. */
static bool
is_worth_a_retry(const struct http *h, const struct fault *f)
{
	bool was_reached = h->connections[0].answer.status != 0;

	return f->kind == FAULT_TRANSIENT && f->status != EX_NOHOST &&
	       f->status != EX_TEMPFAIL &&
	       (was_reached || f->status != EX_UNAVAILABLE);
}

static bool
probe_run(struct http *h, struct probe *p, size_t room)
{
	struct timespec pause = {0, 250000000};
	int tries;

	for (tries = 1; !probe_once(h, p, room); tries++) {
		if (tries == PROBE_TRIES || !is_worth_a_retry(h, &p->fault))
			return false;
		nanosleep(&pause, NULL);
		pause.tv_nsec *= 2;
	}
	return true;
}

/* What the first request, on a connection of its own, tells of the way. */
static void
measure(struct http *h)
{
	CURL *easy = h->connections[0].easy;
	curl_off_t found = 0, connected = 0, begun = 0, ended = 0, got = 0;
	char *address = NULL;

	curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &found);
	curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
	curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &begun);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &ended);
	curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &got);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
	snprintf(h->server, sizeof(h->server), "%s", address ? address : "");
	h->source.info.address = h->server;
	h->source.info.round_trip = (unsigned)(connected - found);
	/* Without the handshakes: what the line carries once it is open. */
	h->source.info.rate = (uint64_t)got * 1000000 /
			      (uint64_t)(ended > begun ? ended - begun : 1);
}

static struct http *
http_new(const struct source_config *config, struct fault *why)
{
	struct http *h = calloc(1, sizeof(*h));
	char *scheme = NULL;
	bool ok = false;
	unsigned i;

	why->kind = FAULT_REQUEST;
	why->status = EX_OSERR;
	snprintf(why->text, sizeof(why->text), "out of memory");
	if (h == NULL)
		return NULL;
	h->source.ops = &http_ops;
	h->multi = curl_multi_init();
	h->connections = calloc(config->connections, sizeof(*h->connections));
	h->count = config->connections;
	if (h->multi == NULL || h->connections == NULL)
		goto out;
	if (config->writable) {
		why->status = EX_USAGE;
		snprintf(why->text, sizeof(why->text),
		    "there is no writing over HTTP");
		goto out;
	}
	if (!set_url(h, config, &scheme)) {
		fault_of_url(config->url, why);
		goto out;
	}
	h->source.info.url = h->display;
	h->source.info.validator = h->validator;
	h->source.info.connections = config->connections;
	curl_multi_setopt(
	    h->multi, CURLMOPT_MAXCONNECTS, (long)config->connections);
	for (i = 0, ok = true; ok && i < h->count; i++)
		ok = connection_init(&h->connections[i], h, scheme, config);
out:
	free(scheme);
	if (!ok) {
		http_close(&h->source);
		return NULL;
	}
	return h;
}

struct source *
http_open(const struct source_config *config, void *first, size_t room,
    size_t *got, struct fault *why)
{
	struct probe p = {.first = first};
	struct http *h = http_new(config, why);

	if (h == NULL)
		return NULL;
	if (!probe_run(h, &p, room)) {
		*why = p.fault;
		http_close(&h->source);
		return NULL;
	}
	*got = p.got;
	measure(h);
	return &h->source;
}
