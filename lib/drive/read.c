/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>

#include "drive/end.h"
#include "drive/read.h"
#include "drive/tray.h"
#include "drive/write.h"

#define AHEAD_FIRST (128u << 10) /* bytes, of the first read that goes on */
#define AHEAD_MOST  (512u << 10)

static bool
begin_read(struct worker *w, struct piece *p, uint64_t offset, uint64_t bytes)
{
	p->request = (struct source_request){.op = SOURCE_READ,
	    .offset = offset,
	    .length = (uint32_t)least(bytes, PIECE_SIZE),
	    .bytes = p->bytes};
	if (source_begin(&w->source, &p->request) == -1)
		return false;
	p->is_busy = p->is_read = true;
	p->command = w->number;
	pieces_touch(&w->pieces, p);
	return true;
}

/* Ask the source for what is not here: of the command, and ahead of it. */
static void
ask(struct worker *w, uint64_t at, uint64_t end)
{
	uint64_t begin = at;
	uint64_t size = w->shared->unit.blocks * w->shared->unit.block_size;
	uint64_t limit = least(end + w->ahead, size);
	struct piece *p;

	while (at < limit) {
		p = pieces_at(&w->pieces, at);
		/* Ahead, a part of a piece would cost as much as the whole. */
		if (p == NULL && at >= end && limit - at < PIECE_SIZE &&
		    limit < size)
			break;
		if (p == NULL) {
			p = pieces_get(&w->pieces, begin, limit);
			if (p == NULL || !begin_read(w, p, at, limit - at))
				break;
		}
		at = piece_end(p);
	}
	tray_collect(w);
}

/* The piece with the byte at offset, whole; NULL if it must be waited for, or an
 * error was met. */
static struct piece *
whole_piece(struct worker *w, uint64_t offset, uint64_t end)
{
	struct piece *p;
	int error;

	for (;;) {
		ask(w, offset, end);
		p = pieces_at(&w->pieces, offset);
		if (p == NULL || p->is_busy)
			return NULL;
		error = p->request.error;
		if (error == 0)
			return p;
		if (p->command == w->number && piece_end(p) <= end)
			w->error = error;
		piece_free(p);
		if (w->error != 0)
			return NULL;
		/* More was read than the host needs: it may have its part. */
		w->ahead = 0;
	}
}

/* Do these bytes and the status end the command, in one transfer? */
static bool
is_end(const struct worker *w, uint64_t n)
{
	return w->begun + n == w->plan.send && !w->plan.is_short &&
	       n % w->packet == 0 && n + BOT_STATUS_SIZE <= w->transfer;
}

/* Returns -1 until another transfer has ended. The rest of a command that is in one
 * piece is sent now with its status, and the next command tells that it has come. */
static int
send_bytes(struct worker *w, const struct piece *p, uint64_t at, uint64_t n)
{
	const int in = w->function.in;
	const uint8_t *bytes = p->bytes + (at - p->request.offset);
	const unsigned tag = (unsigned)(p - w->pieces.all);
	const uint64_t rest = w->plan.send - w->begun;

	if (is_end(w, n))
		return end_with(w, bytes, n, TAG_LAST + tag);
	if (at + rest <= piece_end(p) && !w->plan.is_short)
		return aio_send_quietly(&w->aio, in, bytes, n, tag);
	return aio_send(&w->aio, in, bytes, n, tag);
}

/* Only the last bytes may end within a packet: the host takes that for the end. */
static uint64_t
whole_packets(const struct worker *w, uint64_t n)
{
	return w->begun + n < w->plan.send ? n - n % w->packet : n;
}

static bool
send_piece(struct worker *w, struct piece *p, uint64_t at, uint64_t end)
{
	const uint64_t n =
	    whole_packets(w, least(least(piece_end(p), end) - at, w->transfer));

	if (n == 0) {
		/* Another piece begins here, and has a whole packet. */
		pieces_forget(&w->pieces, at, 1);
		return true;
	}
	if (send_bytes(w, p, at, n) == -1)
		return false;
	p->usb++;
	pieces_touch(&w->pieces, p);
	w->begun += n;
	return true;
}

void
move_read(struct worker *w)
{
	const uint64_t offset = w->job.offset, end = offset + w->plan.send;
	struct piece *p;
	uint64_t at;

	while (w->error == 0 && w->begun < w->plan.send) {
		at = offset + w->begun;
		p = whole_piece(w, at, end);
		if (p == NULL)
			break;
		if (!send_piece(w, p, at, end))
			return; /* until others have ended */
	}
	if (w->step == STEP_STATUS)
		return;
	/* The status follows the last bytes at once, unless a halt comes between. */
	if (w->error != 0 && w->begun == w->arrived)
		end_failed(w);
	else if (w->error == 0 && w->begun == w->plan.send &&
		 (!w->plan.is_short || w->arrived == w->plan.send))
		end_command(w);
}

/* A host that reads on is served ahead; twice as far each time. */
void
move_guess(struct worker *w)
{
	if (w->job.offset != w->last_end)
		w->ahead = 0;
	else if (w->ahead == 0)
		w->ahead = AHEAD_FIRST;
	else
		w->ahead = least(2 * w->ahead, AHEAD_MOST);
	w->last_end = w->job.offset + w->plan.send;
}

/* --- verifying --- */

/* Compare what has come of the host with what the medium has from offset on. */
static void
compare(struct worker *w, const struct piece *p, uint64_t offset, uint64_t n)
{
	const struct piece *host = w->host;

	if (host != NULL &&
	    memcmp(host->bytes + (offset - host->request.offset),
		p->bytes + (offset - p->request.offset), n) != 0)
		w->error = EILSEQ;
}

/* The host's bytes come a piece at a time: nobody hurries a VERIFY. */
static void
receive_compared(struct worker *w)
{
	struct piece *p;

	if (w->host != NULL && w->done == w->arrived) {
		piece_free(w->host);
		w->host = NULL;
	}
	if (w->host != NULL || w->begun == w->plan.take)
		return;
	p = pieces_get(&w->pieces, 0, 0);
	if (p != NULL)
		move_receive(w, p);
}

void
move_verify(struct worker *w)
{
	uint64_t bytes = w->job.length > 0 ? w->arrived : w->job.bytes;
	const uint64_t end = w->job.offset + bytes;
	struct piece *p;
	uint64_t at, n;
	int turn = 0;

	while (w->error == 0 && w->done < bytes) {
		/* A file never makes us wait: a large one would keep us from
		 * hearing the host and the keeper. */
		w->goes_on = turn++ == PIECES;
		if (w->goes_on)
			return;
		at = w->job.offset + w->done;
		p = whole_piece(w, at, end);
		if (p == NULL)
			break;
		n = least(piece_end(p), end) - at;
		compare(w, p, at, n);
		if (w->error == 0)
			w->done += n;
	}
	if (w->error == 0 && w->job.length > 0)
		receive_compared(w);
	if (w->error != 0 && w->begun == w->arrived) {
		if (w->host != NULL)
			piece_free(w->host);
		w->host = NULL;
		end_failed(w);
	} else if (w->done == w->job.bytes) {
		end_command(w);
	}
}
