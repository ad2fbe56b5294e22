/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * hostile: serve one file over HTTP/1.1 as badly as the request's path asks.
 *
 * The first components of a path name the misbehaviours. So one server has them
 * all, and can combine them: /slow/100/etag-change/3/disk.iso. For each
 * request, it first makes the answer of a good server (RFC 9110 sections 13 and
 * 14), then spoils it. `hostile -h` prints the table. The log has the requests,
 * their connections, and how many requests were being answered at the same
 * time.
 *
 * exchange.c has the functions that the others share, modes.c the
 * misbehaviours; calls.c finds them in a path; request.c, answer.c, send.c and
 * log.c serve a request.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINE_SIZE  4096
#define PIECE_SIZE 65536
#define MAX_CALLS  8
#define MAX_ARGS   3
#define ODD_BYTES  512 /* how much a wrong range or length is off */

/* clang-format off */
enum flag {
	/* The mode's function runs before the good answer is made, not after
	 * it. */
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
	/* The body, and what happens to the connection after it. */
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
	unsigned count; /* requests for this target, this one included */
	struct call calls[MAX_CALLS];
	size_t ncalls;
	const char *const *arg, *rest; /* of the call that runs */
	unsigned flags;

	/* What is served: text, or the file. */
	const char *text, *etag, *modified, *encoding;
	char value[64]; /* the text of a header that a mode makes up */
	off_t size;

	/* The answer. */
	int status, delay;		 /* delay in ms */
	off_t first, last;		 /* of Content-Range */
	off_t content_length, body_size; /* as announced, as sent */
	char extra[2 * LINE_SIZE];	 /* more headers */
	unsigned number; /* of this request in the log; 0: its end is logged */
};

/* A name with the suffix -after or -once has N as one more argument. */
struct mode {
	const char *name; /* with its arguments */
	unsigned flags;
	void (*bend)(struct exchange *);
	const char *what;
};

/* A part's head (RFC 9110 section 14.6), in front of the range's bytes. */
#define PART_HEAD "--part\r\nContent-Type: application/octet-stream\r\n\r\n"

/* The table of the misbehaviours. */
extern const struct mode modes[];
extern const size_t mode_count;

/* What is served; set before the first connection. */
extern int image_fd;
extern off_t image_size;

/* exchange.c: an argument of a mode as a number; if it is not one, 0 and a
 * warning. */
uint64_t number(const char *text);
/* Add a line to the answer's headers. */
void add_header(struct exchange *x, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Answer with a status and none of the image's bytes. */
void answer_status(struct exchange *x, int status);
/* 302 to the URL base followed by rest. */
void answer_redirect(struct exchange *x, const char *base, const char *rest);
/* 416 with the size of the file that is served. */
void answer_416(struct exchange *x);

/* modes.c: the mode of redirects; the path after it belongs to the next
 * request. */
void bend_redirect(struct exchange *x);

/* calls.c: find the modes in x->path; return whether it names any. */
bool find_calls(struct exchange *x);
/* Run the modes that act before (BEFORE) or after (0) the good answer is
 * made. */
void run_calls(struct exchange *x, unsigned before);

/* request.c: return false if the connection ends, or if the method is neither
 * GET nor HEAD. */
bool read_request(struct exchange *x);

/* answer.c: decide the answer to a request that was read. */
void make_answer(struct exchange *x);

/* send.c: return whether the connection can take another request. */
bool send_answer(struct exchange *x);

/* log.c: open the log, or exit. */
void log_open(const char *path);
/* Return the number of a new connection, from 1. */
unsigned log_connection(void);
/* Count a request for target; returns 1 for the first one. */
unsigned log_count(const char *target);
void log_request(struct exchange *x);
/* Log the end of a request; once for each, later calls do nothing. */
void log_done(struct exchange *x, off_t sent);

#endif
