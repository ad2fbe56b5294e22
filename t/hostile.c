/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * hostile: serve one file over HTTP/1.1 as badly as the request's path asks.
 *
 * The leading components of a path name the misbehaviours, so that one server
 * has them all, and several at once: /slow/100/etag-change/3/disk.iso. It first
 * makes the answer of a good server (RFC 9110 sections 13 and 14), then spoils
 * it. `hostile -h` prints the table. The log has the requests, their
 * connections, and how many requests were being answered at the same time.
 */
#include <sys/socket.h>

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/number.h"

#define LINE_SIZE  4096
#define PIECE_SIZE 65536
#define MAX_CALLS  8
#define MAX_ARGS   3
#define ODD_BYTES  512 /* error of a wrong range or length */

/* clang-format off */
enum flag {
	/* When the mode's function acts: before the good answer is made. */
	BEFORE = 1 << 0,
	/* What is served: CHANGED inverts every byte. */
	IGNORE_CONDITIONS = 1 << 1, IGNORE_RANGE = 1 << 2,
	NO_ETAG = 1 << 3, NO_LAST_MODIFIED = 1 << 4,
	EMPTY = 1 << 5, LOGIN_PAGE = 1 << 6, CHANGED = 1 << 7,
	/* The headers. */
	SILENT = 1 << 8, BAD_STATUS = 1 << 9, CUT_HEADERS = 1 << 10,
	HEADER_BOMB = 1 << 11, NO_ACCEPT_RANGES = 1 << 12, GZIP = 1 << 13,
	CHUNKED = 1 << 14, SAY_CLOSE = 1 << 15, NO_CONTENT_RANGE = 1 << 16,
	NO_TOTAL = 1 << 17, BAD_TOTAL = 1 << 18, NEGATIVE_TOTAL = 1 << 19,
	HUGE_TOTAL = 1 << 20, WRAPPED_TOTAL = 1 << 21,
	/* The body, and the connection behind it. */
	SHORT_LENGTH = 1 << 22, LONG_LENGTH = 1 << 23, EXTRA_BODY = 1 << 24,
	HALF_BODY = 1 << 25, DRIP = 1 << 26, MULTIPART = 1 << 30,
	THEN_CLOSE = 1 << 27, THEN_RESET = 1 << 28, THEN_STALL = 1 << 29,
};

enum header {
	AUTHORIZATION, CONNECTION, COOKIE, IF_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
	RANGE, X_TOKEN,
	NHEADERS
};

enum when { ALWAYS, AFTER, ONCE };
/* clang-format on */

/* A component of the path that names a mode, and its arguments. */
struct call {
	const struct mode *mode;
	const char *arg[MAX_ARGS];
	const char *rest; /* the rest of the target */
};

struct exchange {
	FILE *in, *out;
	unsigned conn;

	/* The request. */
	char method[16], target[LINE_SIZE];
	char path[LINE_SIZE]; /* target without its query, cut in components */
	char header[NHEADERS][1024];
	char credentials[1024]; /* "user:password" */
	unsigned count;		/* requests for this target so far */
	struct call calls[MAX_CALLS];
	size_t ncalls;
	const char *const *arg, *rest; /* of the current call */
	unsigned flags;

	/* What is served: text, or the file. */
	const char *text, *etag, *modified, *encoding;
	char value[64]; /* of a header, where it is made up */
	off_t size;

	/* The answer. */
	int status, delay;		 /* delay in ms */
	off_t first, last;		 /* of Content-Range */
	off_t content_length, body_size; /* as announced, as sent */
	char extra[2 * LINE_SIZE];	 /* more headers */
	unsigned number;		 /* in the log; 0 when done */
};

/* A name with the suffix -after or -once has N as one more argument. */
struct mode {
	const char *name; /* with its arguments */
	unsigned flags;
	void (*bend)(struct exchange *);
	const char *what;
};

struct counter {
	struct counter *next;
	unsigned count;
	char target[];
};

static const char *const header_names[NHEADERS] = {"Authorization",
    "Connection", "Cookie", "If-Match", "If-Range", "If-Unmodified-Since",
    "Range", "X-Token"};

/* A part's head (RFC 9110 section 14.6), in front of the range's bytes. */
static const char part_head[] =
    "--part\r\nContent-Type: application/octet-stream\r\n\r\n";

static const char login_page[] =
    "<!DOCTYPE html>\n<title>Sign in</title>\n<form>Password: <input></form>\n";

static int image_fd = -1;
static off_t image_size;

/* Shared by all connections. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct counter *counters;
static unsigned connections, requests, active, max_active;
static int log_fd = -1;

static uint64_t
number(const char *text)
{
	uint64_t n = 0;

	if (number_parse(text, 0, INT32_MAX, &n) == -1)
		warn("unable to use the argument %s", text);
	return n;
}

/* The functions of the modes. */

__attribute__((format(printf, 2, 3))) static void
add_header(struct exchange *x, const char *format, ...)
{
	size_t len = strlen(x->extra);
	va_list ap;

	if (len >= sizeof(x->extra) - 2)
		return;
	va_start(ap, format);
	vsnprintf(x->extra + len, sizeof(x->extra) - len - 2, format, ap);
	va_end(ap);
	strcat(x->extra, "\r\n");
}

/* Answer with a status and no byte of the image. */
static void
answer_status(struct exchange *x, int status)
{
	x->status = status;
	x->text = "This is not the image.\n";
	x->first = 0;
	x->content_length = x->body_size = strlen(x->text);
	x->flags |= NO_CONTENT_RANGE;
}

static void
answer_redirect(struct exchange *x, const char *base, const char *rest)
{
	answer_status(x, 302);
	add_header(x, "Location: %s%s", base, rest);
}

static void
bend_416(struct exchange *x)
{
	answer_status(x, 416);
	add_header(x, "Content-Range: bytes */%jd", (intmax_t)x->size);
}

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

/* Each answer without the cookie sets it; where it leads is the same place. */
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

/* As servers behind a balancer, each of which has its own. */
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

/* Only a 206 has a range to spoil, here and below. */
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

/* The Nth redirect leads to the Nth path of the query; the last one is kept. */
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

static void
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

/* RFC 9110 section 15.3.7 allows to send less than was asked for. */
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
static const struct mode modes[] = {
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
	{"416", 0, bend_416, "416 to any range"},
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

#define NMODES (sizeof(modes) / sizeof(modes[0]))

static void
usage(FILE *out)
{
	size_t i;

	fputs(
	    "usage: hostile [-1] [-l ADDR] [-L LOGFILE] [-p PORT] FILE\n", out);
	if (out == stderr)
		exit(EX_USAGE);
	fputs("\nThe request's path is /MODE[/ARG...][/MODE...]/ANYTHING:\n\n",
	    out);
	for (i = 0; i < NMODES; i++)
		fprintf(out, "  %-20s%s\n", modes[i].name, modes[i].what);
	fputs("\nWith -1 it serves one connection at a time.\n", out);
	fputs("\nMODE-after[/ARG...]/N spares the first N requests, and\n"
	      "MODE-once[/ARG...]/N all but the Nth. They are counted for\n"
	      "each target by itself, query included.\n",
	    out);
	exit(EX_OK);
}

/* Finding the modes in a path. */

/* A mode's own name comes before another mode's name with a suffix
 * (reset-after). */
static const struct mode *
find_mode(const char *word, enum when *when)
{
	static const char *const suffix[] = {"", "-after", "-once"};
	size_t i, len;

	for (*when = ALWAYS; *when <= ONCE; ++*when)
		for (i = 0; i < NMODES; i++) {
			len = strcspn(modes[i].name, "/?");
			if (strncmp(word, modes[i].name, len) == 0 &&
			    strcmp(word + len, suffix[*when]) == 0)
				return &modes[i];
		}
	return NULL;
}

/* Parse the arguments of c; return whether it applies to this request. */
static bool
take_args(struct exchange *x, struct call *c, enum when when, char **rest)
{
	const char *p, *last = "";
	size_t i, n = when != ALWAYS;

	for (p = c->mode->name; *p != '\0'; p++)
		n += *p == '/';
	for (i = 0; i < n; i++) {
		last = strsep(rest, "/");
		c->arg[i] = last = last != NULL ? last : "";
	}
	c->rest = *rest != NULL ? x->target + (*rest - x->path) : "";
	if (when == AFTER)
		return x->count > number(last);
	return when == ALWAYS || x->count == number(last);
}

/* Return whether the path names any mode at all. */
static bool
find_calls(struct exchange *x)
{
	char *rest = x->path + 1, *word;
	bool found = false;
	enum when when;
	struct call *c;

	strcpy(x->path, x->target);
	x->path[strcspn(x->path, "?")] = '\0';
	while (x->ncalls < MAX_CALLS && (word = strsep(&rest, "/")) != NULL) {
		c = &x->calls[x->ncalls];
		c->mode = find_mode(word, &when);
		if (c->mode == NULL)
			break;
		found = true;
		if (!take_args(x, c, when, &rest))
			continue;
		x->flags |= c->mode->flags & ~BEFORE;
		x->ncalls++;
		if (c->mode->bend == bend_redirect)
			break; /* the rest belongs to the next request */
	}
	return found;
}

static void
run_calls(struct exchange *x, unsigned before)
{
	const struct call *c;

	for (c = x->calls; c < x->calls + x->ncalls; c++) {
		x->arg = c->arg;
		x->rest = c->rest;
		if ((c->mode->flags & BEFORE) == before &&
		    c->mode->bend != NULL)
			c->mode->bend(x);
	}
}

/* The request. */

/* Decode base64 (RFC 4648 section 4) up to its padding; cut to out's size. */
static void
decode_base64(const char *text, char *out, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *digit;
	unsigned bits = 0;
	int have = 0;
	size_t n = 0;

	for (; *text != '\0' && (digit = strchr(digits, *text)) != NULL;
	     text++) {
		bits = bits << 6 | (unsigned)(digit - digits);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (n < size - 1)
			out[n++] = (char)(bits >> have & 0xff);
	}
	out[n] = '\0';
}

static void
take_header(struct exchange *x, char *line)
{
	char *value = strchr(line, ':');
	int i;

	if (value == NULL)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	for (i = 0; i < NHEADERS; i++)
		if (strcasecmp(line, header_names[i]) == 0)
			snprintf(
			    x->header[i], sizeof(x->header[i]), "%s", value);
}

/* False when the connection ends, or for another method than GET and HEAD. */
static bool
read_request(struct exchange *x)
{
	char line[LINE_SIZE], *path;

	if (fgets(line, sizeof(line), x->in) == NULL ||
	    sscanf(line, "%15s %4095s HTTP/1.", x->method, x->target) != 2)
		return false;
	while (fgets(line, sizeof(line), x->in) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] != '\0') {
			take_header(x, line);
			continue;
		}
		/* A client of a proxy sends the whole URL. */
		if (strncmp(x->target, "http://", 7) == 0 &&
		    (path = strchr(x->target + 7, '/')) != NULL)
			memmove(x->target, path, strlen(path) + 1);
		if (strncasecmp(x->header[AUTHORIZATION], "Basic ", 6) == 0)
			decode_base64(x->header[AUTHORIZATION] + 6,
			    x->credentials, sizeof(x->credentials));
		return x->target[0] == '/' &&
		       (strcmp(x->method, "GET") == 0 ||
			   strcmp(x->method, "HEAD") == 0);
	}
	return false;
}

/* Count a request for target; returns 1 for the first one. */
static unsigned
count_target(const char *target)
{
	size_t size = strlen(target) + 1;
	struct counter *c;
	unsigned count;

	pthread_mutex_lock(&lock);
	for (c = counters; c != NULL && strcmp(c->target, target) != 0;)
		c = c->next;
	if (c == NULL) {
		c = calloc(1, sizeof(*c) + size);
		if (c == NULL)
			err(EX_OSERR, "unable to count %s", target);
		memcpy(c->target, target, size);
		c->next = counters;
		counters = c;
	}
	count = ++c->count;
	pthread_mutex_unlock(&lock);
	return count;
}

static void
log_request(struct exchange *x)
{
	const char *range = x->header[RANGE], *user = x->credentials;

	if (strncmp(range, "bytes=", 6) == 0)
		range += 6;
	pthread_mutex_lock(&lock);
	x->number = ++requests;
	dprintf(log_fd,
	    "%u conn=%u %s %s range=%s auth=%.*s token=%s status=%d\n",
	    x->number, x->conn, x->method, x->target,
	    *range != '\0' ? range : "-",
	    *user != '\0' ? (int)strcspn(user, ":") : 1,
	    *user != '\0' ? user : "-",
	    x->header[X_TOKEN][0] != '\0' ? "sent" : "-", x->status);
	if (++active > max_active) {
		max_active = active;
		dprintf(log_fd, "max-concurrent %u\n", max_active);
	}
	pthread_mutex_unlock(&lock);
}

static void
log_done(struct exchange *x, off_t sent)
{
	if (x->number == 0)
		return;
	pthread_mutex_lock(&lock);
	active--;
	dprintf(log_fd, "done %u bytes=%jd\n", x->number, (intmax_t)sent);
	pthread_mutex_unlock(&lock);
	x->number = 0;
}

/* The answer of a good server. */

/* RFC 9110 sections 13.1.1 and 13.1.4. A date must be exactly equal. */
static bool
conditions_hold(const struct exchange *x)
{
	const char *match = x->header[IF_MATCH];
	const char *since = x->header[IF_UNMODIFIED_SINCE];

	if (*match != '\0')
		return strcmp(match, "*") == 0 ||
		       (x->etag != NULL && x->etag[0] == '"' &&
			   strcmp(match, x->etag) == 0);
	return *since == '\0' || x->modified == NULL ||
	       strcmp(since, x->modified) == 0;
}

/* Does Range apply at all? RFC 9110 sections 13.1.5 and 14.2. */
static bool
range_applies(const struct exchange *x)
{
	const char *want = x->header[IF_RANGE];
	const char *have = want[0] == '"' ? x->etag : x->modified;

	if ((x->flags & IGNORE_RANGE) || strcmp(x->method, "GET") != 0)
		return false;
	return *want == '\0' || (have != NULL && strcmp(want, have) == 0);
}

/* One range of bytes (RFC 9110 section 14.1.2). Return the status. */
static int
parse_range(const char *text, off_t size, off_t *first, off_t *last)
{
	intmax_t from, to;
	int n = sscanf(text, "bytes=%jd-%jd", &from, &to);

	if (n < 1 || strchr(text, ',') != NULL)
		return 200;
	if (n == 1)
		to = size - 1;
	if (from < 0) /* the last bytes: "-500" */
		from = -from < size ? size + from : 0;
	if (from >= size)
		return 416;
	if (to < from)
		return 200;
	*first = from;
	*last = to < size ? to : size - 1;
	return 206;
}

static void
answer_well(struct exchange *x)
{
	x->status = 200;
	x->first = 0;
	x->last = x->size - 1;
	if (!(x->flags & IGNORE_CONDITIONS) && !conditions_hold(x)) {
		answer_status(x, 412);
		return;
	}
	if (range_applies(x))
		x->status =
		    parse_range(x->header[RANGE], x->size, &x->first, &x->last);
	if (x->status == 416)
		bend_416(x);
	else
		x->content_length = x->body_size = x->last - x->first + 1;
}

static void
make_answer(struct exchange *x)
{
	bool found;

	x->count = count_target(x->target);
	found = find_calls(x);
	x->size = image_size;
	if (x->flags & LOGIN_PAGE) {
		x->text = login_page;
		x->size = strlen(login_page);
	}
	if (x->flags & EMPTY)
		x->size = 0;
	x->etag = x->flags & NO_ETAG ? NULL : "\"first\"";
	x->modified = x->flags & NO_LAST_MODIFIED
			  ? NULL
			  : "Thu, 01 Jan 2026 00:00:00 GMT";
	run_calls(x, BEFORE);
	answer_well(x);
	if (!found)
		answer_status(x, 404);
	run_calls(x, 0);

	if (x->flags & MULTIPART)
		x->content_length += sizeof(part_head) - 1;
	if (x->flags & HALF_BODY)
		x->body_size -= x->body_size / 2; /* never 0 */
	if (x->flags & SHORT_LENGTH)
		x->content_length = x->body_size /= 2;
	if (x->flags & LONG_LENGTH)
		x->content_length = x->body_size += ODD_BYTES;
	if (x->flags & EXTRA_BODY)
		x->body_size += ODD_BYTES;
	if (strcmp(x->method, "HEAD") == 0)
		x->body_size = 0;
	if (x->flags & SILENT)
		x->status = 0;
}

/* Sending it. */

/* Wait for ms (-1: without end). False if the client hangs up meanwhile. */
static bool
nap(const struct exchange *x, int ms)
{
	struct pollfd p = {.fd = fileno(x->out), .events = POLLRDHUP};

	return poll(&p, 1, ms) == 0;
}

/* The size of the file for Content-Range, or a false one. */
static void
send_total(const struct exchange *x)
{
	static const struct {
		unsigned flag;
		const char *text;
	} lies[] = {{NO_TOTAL, "*"}, {BAD_TOTAL, "0x10 bytes"},
	    {NEGATIVE_TOTAL, "-1"}, {HUGE_TOTAL, "9223372036854775808"},
	    {WRAPPED_TOTAL, "18446744073709551617"}};
	size_t i;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		if (x->flags & lies[i].flag) {
			fprintf(x->out, "%s\r\n", lies[i].text);
			return;
		}
	fprintf(x->out, "%jd\r\n", (intmax_t)x->size);
}

static void
send_headers(const struct exchange *x)
{
	if (x->flags & BAD_STATUS)
		fputs("HTTP/1.1 two hundred\r\n", x->out);
	else
		fprintf(x->out, "HTTP/1.1 %03d \r\n", x->status);
	fprintf(x->out, "Content-Type: %s\r\n",
	    x->flags & MULTIPART ? "multipart/byteranges; boundary=part"
	    : x->text != NULL	 ? "text/html"
				 : "application/octet-stream");
	if (x->flags & CHUNKED)
		fputs("Transfer-Encoding: chunked\r\n", x->out);
	else if (x->content_length != -1)
		fprintf(x->out, "Content-Length: %jd\r\n",
		    (intmax_t)x->content_length);
	if (x->status == 206 && !(x->flags & NO_CONTENT_RANGE)) {
		fprintf(x->out, "Content-Range: bytes %jd-%jd/",
		    (intmax_t)x->first, (intmax_t)x->last);
		send_total(x);
	}
	if (x->flags & CUT_HEADERS)
		return;
	if (!(x->flags & NO_ACCEPT_RANGES))
		fputs("Accept-Ranges: bytes\r\n", x->out);
	if (x->etag != NULL && x->text == NULL)
		fprintf(x->out, "ETag: %s\r\n", x->etag);
	if (x->modified != NULL && x->text == NULL)
		fprintf(x->out, "Last-Modified: %s\r\n", x->modified);
	if (x->flags & GZIP)
		fputs("Content-Encoding: gzip\r\n", x->out);
	if (x->encoding != NULL)
		fprintf(x->out, "Content-Encoding: %s\r\n", x->encoding);
	if (x->flags & SAY_CLOSE)
		fputs("Connection: close\r\n", x->out);
	fputs(x->extra, x->out);
	while ((x->flags & HEADER_BOMB) && !ferror(x->out))
		fputs("X-Bomb: tick tick tick\r\n", x->out);
	fputs("\r\n", x->out);
}

/* A read after the end of the content gives zeros. */
static void
read_content(const struct exchange *x, char *buf, size_t len, off_t at)
{
	size_t i, text_len = x->text != NULL ? strlen(x->text) : 0;

	memset(buf, 0, len);
	if (x->text == NULL) {
		if (pread(image_fd, buf, len, at) == -1)
			err(EX_IOERR, "unable to read the image");
	} else if ((size_t)at < text_len) {
		text_len -= at;
		memcpy(buf, x->text + at, len < text_len ? len : text_len);
	}
	for (i = 0; (x->flags & CHANGED) && i < len; i++)
		buf[i] = (char)~buf[i];
}

/*
 * "done" is logged before the last piece is sent: then a client that has its
 * answer finds the log complete, and its next request on another connection
 * does not count as concurrent.
 */
static off_t
send_body(struct exchange *x)
{
	size_t piece = x->flags & DRIP ? 1 : PIECE_SIZE;
	char buf[PIECE_SIZE];
	off_t sent = 0;

	if (x->flags & MULTIPART)
		fputs(part_head, x->out);
	while (sent < x->body_size) {
		if ((off_t)piece >= x->body_size - sent) {
			piece = (size_t)(x->body_size - sent);
			if (!(x->flags & THEN_STALL))
				log_done(x, x->body_size);
		}
		read_content(x, buf, piece, x->first + sent);
		if (x->flags & CHUNKED)
			fprintf(x->out, "%zx\r\n", piece);
		fwrite(buf, 1, piece, x->out);
		if (x->flags & CHUNKED)
			fputs("\r\n", x->out);
		if (fflush(x->out) == EOF)
			break;
		sent += piece;
		if ((x->flags & DRIP) && !nap(x, 1000))
			break;
	}
	if ((x->flags & CHUNKED) && !(x->flags & HALF_BODY))
		fputs("0\r\n\r\n", x->out);
	return sent;
}

/* Return whether the connection can take another request. */
static bool
send_answer(struct exchange *x)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};
	off_t sent = 0;

	if (x->delay > 0 && !nap(x, x->delay))
		return false;
	if (x->flags & SILENT) {
		nap(x, -1);
		return false;
	}
	send_headers(x);
	if (!(x->flags & CUT_HEADERS))
		sent = send_body(x);
	if (!(x->flags & THEN_STALL))
		log_done(x, sent);
	fflush(x->out);
	if (x->flags & THEN_STALL)
		nap(x, -1);
	log_done(x, sent);
	if (x->flags & THEN_RESET)
		setsockopt(fileno(x->out), SOL_SOCKET, SO_LINGER, &reset,
		    sizeof(reset));
	return !ferror(x->out) && !(x->flags & (THEN_CLOSE | THEN_RESET)) &&
	       strcasecmp(x->header[CONNECTION], "close") != 0;
}

static bool
serve_request(FILE *in, FILE *out, unsigned conn)
{
	struct exchange x = {.in = in, .out = out, .conn = conn};
	bool keep;

	if (!read_request(&x))
		return false;
	make_answer(&x);
	log_request(&x);
	keep = send_answer(&x);
	log_done(&x, 0);
	return keep;
}

static void *
serve_connection(void *arg)
{
	int fd = (int)(intptr_t)arg, one = 1;
	int out_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *in = fdopen(fd, "r"), *out = fdopen(out_fd, "w");
	unsigned conn;

	if (in == NULL || out == NULL)
		err(EX_OSERR, "unable to serve a connection");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	pthread_mutex_lock(&lock);
	conn = ++connections;
	pthread_mutex_unlock(&lock);
	while (serve_request(in, out, conn))
		continue;
	fclose(in);
	fclose(out);
	return NULL;
}

static int
open_listener(const char *addr, const char *port)
{
	struct addrinfo *ai, hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	int e, fd, one = 1;

	e = getaddrinfo(addr, port, &hints, &ai);
	if (e != 0)
		errx(EX_USAGE, "unable to use %s port %s: %s", addr, port,
		    gai_strerror(e));
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == -1 ||
	    listen(fd, 128) == -1)
		err(EX_UNAVAILABLE, "unable to listen on %s", addr);
	freeaddrinfo(ai);
	return fd;
}

static void
say_port(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	char port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&addr, &len) == -1 ||
	    getnameinfo((struct sockaddr *)&addr, len, NULL, 0, port,
		sizeof(port), NI_NUMERICSERV) != 0)
		errx(EX_OSERR, "unable to tell the port");
	puts(port);
	if (freopen("/dev/null", "w", stdout) == NULL)
		err(EX_OSERR, "unable to close the standard output");
}

int
main(int argc, char **argv)
{
	const char *addr = "127.0.0.1", *log = "/dev/null", *port = "0";
	pthread_t thread;
	bool alone = false;
	int c, fd, e, listener;

	while ((c = getopt(argc, argv, "1hL:l:p:")) != -1)
		switch (c) {
		case '1':
			alone = true;
			break;
		case 'h':
			usage(stdout);
			break;
		case 'L':
			log = optarg;
			break;
		case 'l':
			addr = optarg;
			break;
		case 'p':
			port = optarg;
			break;
		default:
			usage(stderr);
		}
	if (argc - optind != 1)
		usage(stderr);
	image_fd = open(argv[optind], O_RDONLY | O_CLOEXEC);
	image_size = image_fd == -1 ? -1 : lseek(image_fd, 0, SEEK_END);
	if (image_size == -1)
		err(EX_NOINPUT, "unable to open %s", argv[optind]);
	log_fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (log_fd == -1)
		err(EX_CANTCREAT, "unable to open %s", log);
	listener = open_listener(addr, port);
	signal(SIGPIPE, SIG_IGN);
	say_port(listener);
	for (;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd == -1)
			continue; /* the client has left already */
		if (alone) {
			serve_connection((void *)(intptr_t)fd);
			continue;
		}
		e = pthread_create(
		    &thread, NULL, serve_connection, (void *)(intptr_t)fd);
		if (e != 0)
			errx(EX_OSERR, "unable to start a thread: %s",
			    strerror(e));
		pthread_detach(thread);
	}
}
