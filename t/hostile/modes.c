/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The misbehaviours: a function for each that needs one, and the table.
 */
#include "hostile.h"

#include <inttypes.h>
#include <string.h>

static void
bend_auth(struct exchange *x)
{
	char want[sizeof(x->credentials)];

	snprintf(want, sizeof(want), "%s:%s", x->arg[0], x->arg[1]);
	if (strcmp(x->credentials, want) == 0)
		return;
	answer_status(x, 401);
	add_header(x, "WWW-Authenticate: Basic realm=\"hostile\"");
}

static void
bend_bearer(struct exchange *x)
{
	const char *have = x->header[AUTHORIZATION];

	if (strncmp(have, "Bearer ", 7) == 0 &&
	    strcmp(have + 7, x->arg[0]) == 0)
		return;
	answer_status(x, 401);
	add_header(x, "WWW-Authenticate: Bearer realm=\"a, b\", scope=\"c\"");
}

static void
bend_token(struct exchange *x)
{
	if (strcmp(x->header[X_TOKEN], x->arg[0]) != 0)
		answer_status(x, 403);
}

/* Redirect a request without the cookie to the same URL, and set the cookie. */
static void
bend_cookie(struct exchange *x)
{
	if (strstr(x->header[COOKIE], "seen=yes") != NULL)
		return;
	answer_redirect(x, "", x->target);
	add_header(x, "Set-Cookie: seen=yes; Path=/");
}

static void
bend_cookies(struct exchange *x)
{
	unsigned i;

	for (i = 0; i < 40; i++)
		add_header(x, "Set-Cookie: c%u-%u=%0100d", x->count, i, 0);
}

static void
bend_hops(struct exchange *x)
{
	uint64_t left = number(x->arg[0]);
	char base[64];

	if (left == 0)
		return;
	snprintf(base, sizeof(base), "/hops/%" PRIu64 "/", left - 1);
	answer_redirect(x, base, x->rest);
}

static void
bend_wants(struct exchange *x)
{
	answer_status(x, 401);
	add_header(x, "WWW-Authenticate: %s", x->arg[0]);
}

static void
bend_encoding(struct exchange *x)
{
	x->encoding = x->arg[0];
}

static void
bend_etag_change(struct exchange *x)
{
	if (x->count > number(x->arg[0])) {
		x->etag = "\"second\"";
		x->flags |= CHANGED;
	}
}

/* As several servers behind a balancer, each with its own ETag. */
static void
bend_etags(struct exchange *x)
{
	uint64_t servers = number(x->arg[0]);

	if (servers == 0)
		return;
	snprintf(x->value, sizeof(x->value), "\"server %u\"",
	    (unsigned)(x->count % servers));
	x->etag = x->value;
}

static void
bend_head405(struct exchange *x)
{
	if (strcmp(x->method, "HEAD") == 0)
		answer_status(x, 405);
}

static void
bend_lastmod_change(struct exchange *x)
{
	if (x->count > number(x->arg[0])) {
		x->modified = "Fri, 02 Jan 2026 00:00:00 GMT";
		x->flags |= CHANGED;
	}
}

static void
bend_lastmod_now(struct exchange *x)
{
	snprintf(x->value, sizeof(x->value),
	    "Thu, 01 Jan 2026 00:%02u:%02u GMT", x->count / 60 % 60,
	    x->count % 60);
	x->modified = x->value;
}

/* Only a 206 has a range to spoil; the same holds in the modes below. */
static void
bend_long(struct exchange *x)
{
	off_t more = x->size - 1 - x->last;

	if (x->status != 206)
		return;
	if (more > ODD_BYTES)
		more = ODD_BYTES;
	x->last += more;
	x->content_length = x->body_size += more;
}

/* The Nth redirect leads to the Nth path of the query; after the last path,
 * each further redirect leads to that one. */
static void
bend_mirrors(struct exchange *x)
{
	char path[LINE_SIZE], *rest = path, *word, *next;
	const char *query = strchr(x->target, '?');
	unsigned i = x->count;

	snprintf(path, sizeof(path), "%s", query != NULL ? query + 1 : "/");
	word = strsep(&rest, ",");
	while (--i > 0 && (next = strsep(&rest, ",")) != NULL)
		word = next;
	answer_redirect(x, "", word);
}

void
bend_redirect(struct exchange *x)
{
	answer_redirect(x, "/", x->rest);
}

static void
bend_redirect_loop(struct exchange *x)
{
	answer_redirect(x, "", x->target);
}

static void
bend_redirect_to(struct exchange *x)
{
	const char *query = strchr(x->target, '?');

	answer_redirect(x, "", query != NULL ? query + 1 : "/");
}

static void
bend_reset_after(struct exchange *x)
{
	uint64_t every = number(x->arg[0]);

	if (every != 0 && x->count % every == 0)
		x->flags |= HALF_BODY | THEN_RESET;
}

static void
bend_retry_after(struct exchange *x)
{
	if (x->count != number(x->arg[1]))
		return;
	answer_status(x, 503);
	add_header(x, "Retry-After: %s", x->arg[0]);
}

static void
bend_short_range(struct exchange *x)
{
	if (x->status != 206 || x->body_size < 2)
		return;
	x->content_length = x->body_size /= 2;
	x->last = x->first + x->body_size - 1;
}

/* Each redirect has a new signature, so it is a new target with a new count. */
static void
bend_signed_redirect(struct exchange *x)
{
	char sig[32];

	if (strchr(x->target, '?') == NULL) {
		snprintf(sig, sizeof(sig), "?sig=%u", x->count);
		answer_redirect(x, x->target, sig);
	} else if (x->count > number(x->arg[0])) {
		answer_status(x, 403);
	}
}

static void
bend_size_change(struct exchange *x)
{
	if (x->count > number(x->arg[0]) && x->size > 0)
		x->size--;
}

static void
bend_slow(struct exchange *x)
{
	x->delay = (int)number(x->arg[0]);
}

static void
bend_status(struct exchange *x)
{
	answer_status(x, (int)number(x->arg[0]));
}

/* RFC 9110 section 15.3.7 allows a server to send less than was requested. */
static void
bend_subset(struct exchange *x)
{
	off_t most = (off_t)number(x->arg[0]);

	if (x->status != 206 || x->body_size <= most)
		return;
	x->content_length = x->body_size = most;
	x->last = x->first + most - 1;
}

static void
bend_weak_etag(struct exchange *x)
{
	x->etag = "W/\"first\"";
}

static void
bend_weak_etag_change(struct exchange *x)
{
	x->etag = "W/\"first\"";
	if (x->count > number(x->arg[0])) {
		x->etag = "W/\"second\"";
		x->flags |= CHANGED;
	}
}

static void
bend_wrong_range(struct exchange *x)
{
	off_t first = x->first < ODD_BYTES ? ODD_BYTES : x->first - ODD_BYTES;

	if (x->status != 206 || first >= x->size)
		return;
	if (x->body_size > x->size - first)
		x->body_size = x->size - first;
	x->content_length = x->body_size;
	x->first = first;
	x->last = first + x->body_size - 1;
}

static void
bend_endless(struct exchange *x)
{
	x->body_size = INT64_MAX / 2;
}

static void
bend_no_length(struct exchange *x)
{
	x->content_length = -1;
}

/* clang-format off */
const struct mode modes[] = {
	{"ok", 0, NULL, "behaves"},
	/* What is served. */
	{"empty", EMPTY | IGNORE_RANGE, NULL, "200, length 0"},
	{"empty416", EMPTY, NULL, "a file of length 0: 416, bytes */0"},
	{"etag-change/N", BEFORE | IGNORE_CONDITIONS, bend_etag_change,
	    "after N, other ETag and content; ignores If-Match"},
	{"etags/N", BEFORE, bend_etags,
	    "the same content from N servers, each with its own ETag"},
	{"html200", LOGIN_PAGE | IGNORE_RANGE, NULL, "a login page, whole"},
	{"html206", LOGIN_PAGE, NULL, "a login page, by ranges"},
	{"ifmatch/N", BEFORE, bend_etag_change,
	    "as etag-change, but 412 to the former If-Match"},
	{"ignore-range", IGNORE_RANGE, NULL, "200 and the whole file"},
	{"lastmod-change/N", BEFORE | IGNORE_CONDITIONS | NO_ETAG,
	    bend_lastmod_change, "after N, other Last-Modified and content"},
	{"lastmod-now", BEFORE | NO_ETAG, bend_lastmod_now,
	    "another Last-Modified each time, the same content"},
	{"no-validator", NO_ETAG | NO_LAST_MODIFIED, NULL,
	    "neither ETag nor Last-Modified"},
	{"noaccept", NO_ACCEPT_RANGES, NULL, "ranges without Accept-Ranges"},
	{"size-change/N", BEFORE, bend_size_change,
	    "after N, a byte less, same ETag"},
	{"weak-etag", BEFORE, bend_weak_etag, "a weak ETag"},
	{"weak-etag-change/N", BEFORE | NO_LAST_MODIFIED, bend_weak_etag_change,
	    "after N, another weak ETag and content"},
	/* The status and where to go. */
	{"416", 0, answer_416, "416 to any range"},
	{"auth/USER/PASS", 0, bend_auth, "401 without these credentials"},
	{"bearer/TOKEN", 0, bend_bearer, "401 without this token"},
	{"cookie", 0, bend_cookie, "302 to itself, with a cookie"},
	{"cookies", 0, bend_cookies, "40 new cookies in each answer"},
	{"hops/N", 0, bend_hops, "N redirects"},
	{"token/TOKEN", 0, bend_token, "403 without X-Token: TOKEN"},
	{"wants/SCHEME", 0, bend_wants, "401, and wants that login"},
	{"head405", 0, bend_head405, "405 to HEAD"},
	{"mirrors?PATH,PATH", 0, bend_mirrors, "302 to the Nth PATH"},
	{"redirect", 0, bend_redirect, "302 to the rest of the path"},
	{"redirect-loop", 0, bend_redirect_loop, "302 to itself"},
	{"redirect-to?URL", 0, bend_redirect_to, "302 to URL"},
	{"retry-after/SECS/N", 0, bend_retry_after,
	    "503 and Retry-After to the Nth"},
	{"signed-redirect/N", 0, bend_signed_redirect,
	    "302 to a ?sig= that gives 403 after N uses"},
	{"status/CODE", 0, bend_status, "that status"},
	/* The headers. */
	{"bad-status-line", BAD_STATUS, NULL, "a status that is no number"},
	{"chunked", CHUNKED, NULL, "chunked, without Content-Length"},
	{"close", SAY_CLOSE | THEN_CLOSE, NULL, "Connection: close"},
	{"cut-headers", CUT_HEADERS | THEN_CLOSE, NULL, "closes amid headers"},
	{"encoding/WORD", 0, bend_encoding, "says Content-Encoding: WORD"},
	{"endless", CHUNKED, bend_endless, "chunked, zeros without end"},
	{"garbage", BAD_TOTAL, NULL, "Content-Range's size is no number"},
	{"gzip", GZIP, NULL, "says Content-Encoding: gzip"},
	{"header-bomb", HEADER_BOMB | THEN_CLOSE, NULL, "headers without end"},
	{"huge-size", HUGE_TOTAL, NULL, "Content-Range's size is 2^63"},
	{"negative", NEGATIVE_TOTAL, NULL, "Content-Range's size is -1"},
	{"no-content-range", NO_CONTENT_RANGE, NULL, "206 without it"},
	{"no-length", SAY_CLOSE | THEN_CLOSE, bend_no_length,
	    "no Content-Length: the end is where the connection ends"},
	{"no-total", NO_TOTAL, NULL, "Content-Range's size is *"},
	{"wrapped-size", WRAPPED_TOTAL, NULL, "Content-Range's size is 2^64+1"},
	/* The range and the body. */
	{"drip", DRIP, NULL, "a byte a second"},
	{"extra", EXTRA_BODY, NULL, "bytes behind Content-Length"},
	{"long", 0, bend_long, "a longer Content-Range and body"},
	{"long-length", LONG_LENGTH, NULL, "more than Content-Range says"},
	{"multipart", MULTIPART, NULL, "multipart/byteranges of one range"},
	{"reset-after/N", 0, bend_reset_after, "RST amid every Nth body"},
	{"short", HALF_BODY | THEN_CLOSE, NULL, "closes amid the body"},
	{"short-length", SHORT_LENGTH, NULL, "half of what Content-Range says"},
	{"short-range", 0, bend_short_range, "a shorter Content-Range and body"},
	{"subset/BYTES", 0, bend_subset, "at most BYTES of the range"},
	{"slow/MS", 0, bend_slow, "waits before each answer"},
	{"stall", SILENT | THEN_CLOSE, NULL, "never answers"},
	{"stall-body", HALF_BODY | THEN_STALL | THEN_CLOSE, NULL,
	    "stops amid the body"},
	{"wrong-range", 0, bend_wrong_range, "another Content-Range and body"},
};
/* clang-format on */

const size_t mode_count = sizeof(modes) / sizeof(modes[0]);
