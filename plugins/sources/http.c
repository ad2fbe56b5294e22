/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/url.h"
#include "sources/http-error.h"
#include "sources/http-follow.h"
#include "sources/http-guard.h"
#include "sources/http-queue.h"
#include "sources/http-renew.h"
#include "sources/http-whole.h"
#include "sources/http.h"

#define COOKIES_MAX 1000
#define ASTRAY_MS   5000

/* --- one answer -------------------------------------------------------- */

static void
connection_fault(
    struct connection *c, enum fault_kind kind, int status, const char *text)
{
	c->found_fault = true;
	c->fault.kind = kind;
	c->fault.status = status;
	c->fault.cause = CAUSE_USUAL;
	snprintf(c->fault.text, sizeof(c->fault.text), "%s", text);
}

/* Is the answer about the image that was opened? */
static bool
check_identity(struct connection *c)
{
	struct http_identity *id = &c->http->identity;

	if (http_identity_has_other_size(id, &c->answer)) {
		connection_fault(c, FAULT_CHANGED, EX_DATAERR,
		    "the image changed on the server (it has another size)");
		return false;
	}
	if (http_identity_knows(id, &c->answer))
		return true;
	if (c->transfer->kind == TRANSFER_CHECK) {
		http_identity_try(id, &c->answer);
		return true;
	}
	connection_fault(c, FAULT_DOUBTED, EX_DATAERR,
	    "the image changed on the server (it has another ETag or "
	    "date)");
	return false;
}

/*
 * Is it the requested range, or its beginning (RFC 9110 section 15.3.7)? Sets
 * how many bytes of it come.
 */
static bool
check_range(struct connection *c)
{
	const struct http_answer *a = &c->answer;
	const struct transfer *t = c->transfer;

	if (a->first != t->offset || a->last > t->offset + t->length - 1) {
		connection_fault(c, FAULT_TRANSIENT, EX_PROTOCOL,
		    "the server sent another range than the requested "
		    "one");
		return false;
	}
	c->due = a->last - a->first + 1;
	return true;
}

/* Take the answer to a request for the size. Its body, if any, is dropped. */
static bool
take_size(struct connection *c)
{
	const struct http_answer *a = &c->answer;
	struct http *h = c->http;

	if (h->ask == HTTP_ASK_HEAD && a->status == 200 && a->has_length)
		h->identity.size = a->length;
	else if (h->ask == HTTP_ASK_LAST_BYTE && a->status == 206 &&
		 a->has_range)
		h->identity.size = a->last + 1;
	c->due = h->ask == HTTP_ASK_HEAD ? 0 : 1;
	if (h->identity.size > 0 && h->identity.size <= INT64_MAX)
		return true;
	h->identity.size = 0;
	connection_fault(c, FAULT_REQUEST, EX_DATAERR,
	    "the server does not send the image's size");
	c->fault.cause = CAUSE_SERVER;
	return false;
}

/* May the bytes after these headers be used? */
static bool
believe(struct connection *c)
{
	const struct http_answer *a = &c->answer;
	struct http *h = c->http;

	if (h->ask == HTTP_ASK_HEAD || h->ask == HTTP_ASK_LAST_BYTE)
		return take_size(c);
	if (h->ask == HTTP_ASK_WHOLE)
		return http_whole_believe(c);
	/* The image has become shorter, and has no bytes at this offset. */
	if (h->ask == HTTP_ASK_RANGE && a->status == 416 && a->total != 0 &&
	    a->total != h->identity.size)
		return check_identity(c);
	if (http_fault_of_answer(a, h->ask == HTTP_ASK_FIRST, &c->fault)) {
		c->found_fault = true;
		return false;
	}
	if (!check_range(c))
		return false;
	if (h->ask == HTTP_ASK_RANGE)
		return check_identity(c);
	http_identity_learn(&h->identity, a);
	return true;
}

/* Limit the cookies, because a server could set more and more of them. */
static void
count_cookie(struct connection *c)
{
	if (++c->http->cookies < COOKIES_MAX)
		return;
	curl_easy_setopt(c->easy, CURLOPT_COOKIELIST, "ALL");
	c->http->cookies = 0;
}

static size_t
on_header(char *line, size_t size, size_t n, void *arg)
{
	struct connection *c = arg;

	if (n > 11 && strncasecmp(line, "set-cookie:", 11) == 0)
		count_cookie(c);
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
	if (http_drops_body(c, n))
		return n;
	if (!c->believed && !believe(c))
		return 0;
	c->believed = true;
	if (c->http->ask == HTTP_ASK_WHOLE)
		return http_whole_body(c, bytes, n) ? n : 0;
	if (n > c->due - c->got) {
		connection_fault(c, FAULT_TRANSIENT, EX_PROTOCOL,
		    "the server sent more than the requested range");
		return 0;
	}
	if (t->data != NULL)
		t->data(t, bytes, n);
	c->got += n;
	return n;
}

/* --- transfers --------------------------------------------------------- */

/*
 * A redirect may lead to one of many mirrors, or to a signed link that expires.
 * After a failure there, the next try goes to the given URL again. If a
 * redirect from there leads to a refusal, too, tries go on for ASTRAY_MS.
 */
static void
go_back(struct connection *c)
{
	struct http *h = c->http;
	int64_t now = clock_ms();

	if ((!c->used_shortcut && c->hop == NULL) ||
	    c->fault.kind == FAULT_CHANGED || c->fault.kind == FAULT_DOUBTED)
		return;
	http_url_forget(&h->url);
	if (h->astray_since == 0)
		h->astray_since = now;
	if (c->used_shortcut || (http_is_about_place(c->answer.status) &&
				    now - h->astray_since < ASTRAY_MS))
		c->fault.kind = FAULT_TRANSIENT;
}

int
http_connection_init(struct connection *c, struct http *h)
{
	CURL *easy = curl_easy_init();

	c->http = h;
	c->easy = easy;
	if (easy == NULL)
		return -1;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
	/* Cookies live in memory, for as long as the source does. */
	curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
	curl_easy_setopt(easy, CURLOPT_SHARE, h->share);
	return 0;
}

static void
connection_begin(struct connection *c, struct transfer *t)
{
	enum http_ask ask = c->http->ask;
	char range[64];

	c->transfer = t;
	c->believed = c->found_fault = false;
	c->got = c->due = 0;
	c->sent_at = 0;
	c->error[0] = '\0';
	secret_free(c->hop);
	c->hop = NULL;
	c->hops = 0;
	c->dropped = 0;
	c->login = c->http->url.login;
	http_guard_begin(c);
	memset(&c->fault, 0, sizeof(c->fault));
	http_answer_init(&c->answer);
	c->used_shortcut = http_url_aim(&c->http->url, c->easy);
	snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, t->offset,
	    t->offset + t->length - 1);
	if (ask == HTTP_ASK_LAST_BYTE)
		strcpy(range, "-1");
	curl_easy_setopt(c->easy, CURLOPT_NOBODY, (long)(ask == HTTP_ASK_HEAD));
	curl_easy_setopt(c->easy, CURLOPT_RANGE,
	    ask == HTTP_ASK_HEAD || ask == HTTP_ASK_WHOLE ? NULL : range);
}

/*
 * libcurl has ended the request of c, and c is idle again. Returns NULL if all
 * bytes came; otherwise the fault, which is in c.
 */
static const struct fault *
connection_end(struct connection *c, CURLcode code)
{
	curl_off_t pause = 0; /* Retry-After, also where it is a date */

	if (code == CURLE_OK && !c->found_fault) {
		/* If there was no body, on_body() was not called. */
		if (!c->believed && !believe(c))
			code = CURLE_WRITE_ERROR;
		else if (c->got < c->due)
			connection_fault(c, FAULT_TRANSIENT, EX_PROTOCOL,
			    "the server sent less than the requested range");
	}
	c->transfer = NULL;
	if (code == CURLE_OK && !c->found_fault) {
		c->http->astray_since = 0;
		http_queue_note(c);
		if (c->hop != NULL)
			http_url_remember(&c->http->url, c->hop);
		return NULL;
	}
	if (!c->found_fault && !http_guard_refused(c)) {
		if (c->http->url.is_ambiguous)
			snprintf(c->error, sizeof(c->error), "%s (%s)",
			    curl_easy_strerror(code), URL_AMBIGUOUS_HINT);
		http_fault_of_curl(code, c->error, &c->fault);
	}
	curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &pause);
	/* For a date in the past, libcurl gives a negative number. */
	c->fault.retry_after = pause < 0	  ? 0
			       : pause > UINT_MAX ? UINT_MAX
						  : (unsigned)pause;
	go_back(c);
	return &c->fault;
}

/* Hand c to libcurl. If that fails, the next poll() ends its transfer. */
static void
connection_add(struct connection *c)
{
	c->stillborn =
	    curl_multi_add_handle(c->http->multi, c->easy) != CURLM_OK;
}

/* End the transfers that libcurl did not take. */
static bool
end_stillborn(struct http *h)
{
	struct connection *c;
	struct transfer *t;
	bool any = false;

	for (c = h->connections; c < h->connections + h->count; c++) {
		if (!c->stillborn)
			continue;
		any = true;
		c->stillborn = false;
		t = c->transfer;
		t->done(t, connection_end(c, CURLE_OUT_OF_MEMORY));
	}
	return any;
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
	connection_add(c);
}

static void
http_poll(struct source *s, int timeout_ms)
{
	struct http *h = (struct http *)s;
	const struct fault *fault;
	struct connection *c;
	struct transfer *t;
	int running, left;
	CURLcode code;
	CURLMsg *m;

	curl_multi_perform(h->multi, &running);
	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
		t = c->transfer;
		code = m->data.result;
		curl_multi_remove_handle(h->multi, c->easy);
		timeout_ms = 0; /* the engine may have more to start now */
		if (http_follow(c, code)) {
			connection_add(c);
			continue;
		}
		fault = connection_end(c, code);
		t->done(t, fault);
	}
	if (end_stillborn(h))
		timeout_ms = 0;
	http_queue_leave(h);
	curl_multi_poll(h->multi, NULL, 0, timeout_ms, NULL);
}

static void
http_adopt(struct source *s)
{
	struct http *h = (struct http *)s;

	http_identity_accept(&h->identity);
	http_identity_list(&h->identity, h->adopted);
	s->info.adopted = h->adopted;
}

static void
http_wake(struct source *s)
{
	curl_multi_wakeup(((struct http *)s)->multi);
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
		secret_free(h->connections[i].hop);
	}
	curl_multi_cleanup(h->multi);
	curl_share_cleanup(h->share);
	http_url_free(&h->url);
	http_renew_free(h);
	free(h->connections);
	free(h);
}

const struct source_ops http_ops = {
    .start = http_start,
    .poll = http_poll,
    .renew = http_renew,
    .adopt = http_adopt,
    .wake = http_wake,
    .close = http_close,
};
