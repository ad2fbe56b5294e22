/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nbd/export-stream.h"
#include "nbd/read-export.h"

/* Chunks begin at multiples of their size, except the first, which begins at
 * s->begin. A chunk's number gives its place in s->chunks and s->done, and is
 * the cookie of its request. */
static uint64_t
number_of(uint64_t off)
{
	return off / EXPORT_STREAM_CHUNK;
}

static uint64_t
end_of(const struct export_stream *s, uint64_t number)
{
	uint64_t end = (number + 1) * EXPORT_STREAM_CHUNK;

	return end < s->end ? end : s->end;
}

/* Returns where the byte at off is in memory when its chunk is done. */
static unsigned char *
place_of(const struct export_stream *s, uint64_t off)
{
	return s->chunks +
	       off % ((uint64_t)EXPORT_STREAM_DEPTH * EXPORT_STREAM_CHUNK);
}

int
export_stream_begin(struct export_stream *s, int fd, uint64_t at, uint64_t end)
{
	*s = (struct export_stream){
	    .fd = fd, .begin = at, .at = at, .asked = at, .end = end};
	s->chunks = malloc((size_t)EXPORT_STREAM_DEPTH * EXPORT_STREAM_CHUNK);
	return s->chunks == NULL ? -1 : 0;
}

static int
ask(struct export_stream *s)
{
	uint64_t number, end;

	while (s->asked < s->end &&
	       number_of(s->asked) < number_of(s->at) + EXPORT_STREAM_DEPTH) {
		number = number_of(s->asked);
		end = end_of(s, number);
		if (read_export_request(
			s->fd, number, end - s->asked, s->asked) == -1)
			return -1;
		s->done[number % EXPORT_STREAM_DEPTH] = false;
		s->asked = end;
	}
	return 0;
}

/* Read one answer, which may be to any of the requests. */
static int
take(struct export_stream *s)
{
	uint64_t number, begin;

	if (read_export_answer(s->fd, &number) == -1)
		return -1;
	/* The chunk must be one that we have requested and do not have. */
	if (number < number_of(s->at) || number > number_of(s->asked - 1) ||
	    s->done[number % EXPORT_STREAM_DEPTH]) {
		errno = EPROTO;
		return -1;
	}
	begin = number * EXPORT_STREAM_CHUNK;
	if (begin < s->begin)
		begin = s->begin;
	if (read_export_bytes(
		s->fd, place_of(s, begin), end_of(s, number) - begin) == -1)
		return -1;
	s->done[number % EXPORT_STREAM_DEPTH] = true;
	return 0;
}

ptrdiff_t
export_stream_read(struct export_stream *s, void *buf, size_t len)
{
	uint64_t number = number_of(s->at), rest;

	if (s->at >= s->end)
		return 0;
	if (ask(s) == -1)
		return -1;
	while (!s->done[number % EXPORT_STREAM_DEPTH])
		if (take(s) == -1)
			return -1;
	rest = end_of(s, number) - s->at;
	if (len > rest)
		len = (size_t)rest;
	memcpy(buf, place_of(s, s->at), len);
	s->at += len;
	return (ptrdiff_t)len;
}

void
export_stream_end(struct export_stream *s)
{
	free(s->chunks);
	s->chunks = NULL;
}
