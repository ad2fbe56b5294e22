/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Send an answer.
 */
#include "hostile.h"

#include <sys/socket.h>

#include <err.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

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
 * "done" is logged before the last piece is sent. Otherwise a client that has
 * its whole answer could find the log incomplete, and its next request on
 * another connection could count as concurrent.
 */
static off_t
send_body(struct exchange *x)
{
	size_t piece = x->flags & DRIP ? 1 : PIECE_SIZE;
	char buf[PIECE_SIZE];
	off_t sent = 0;

	if (x->flags & MULTIPART)
		fputs(PART_HEAD, x->out);
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

bool
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
