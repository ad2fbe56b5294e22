/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * An engine on top of a fake source: the byte at an offset is computed from the
 * offset, and the source fails when a test tells it to. Each test starts one.
 */
#ifndef VM_ENGINE_FAKE_H
#define VM_ENGINE_FAKE_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "check.h"
#include "engine/engine.h"

#define CONNECTIONS 4
#define PIECE	    50000 /* bytes at a time: no divisor of a chunk */
#define IMAGE_SIZE  (11 * (uint64_t)CHUNK_SIZE + 12345)

struct fake {
	struct source source;
	struct transfer *transfers[CONNECTIONS];
	size_t got[CONNECTIONS];
	int wake[2];
	/* The tests set these, before they read. */
	_Atomic int faults;   /* how many transfers fail half-way */
	_Atomic int silent;   /* nothing comes at all */
	_Atomic int dead;     /* every transfer fails at once */
	_Atomic int lies;     /* how many claim half-way to be complete */
	_Atomic size_t limit; /* bytes that a transfer brings; 0: no limit */
	_Atomic int doubts;   /* how many validators are to be adopted */
	_Atomic unsigned retry_after; /* of every fault */
	_Atomic enum fault_kind kind;
	_Atomic uint64_t reading; /* where the next read ends */
	_Atomic uint64_t
	    bad_chunk; /* every transfer of it fails; 0: none does */
	/* The tests check these. */
	_Atomic unsigned started, ahead; /* transfers; from `reading` on */
	_Atomic uint64_t fetched;
	_Atomic unsigned writes, flushes; /* that ended well */
	_Atomic unsigned checks;	  /* TRANSFER_CHECKs that ended well */
	_Atomic unsigned polls;
	unsigned most;
};

/* What the server has; reads in the tests expect the bytes of byte_at(). */
static unsigned char content[IMAGE_SIZE];

static _Atomic bool cancel;
static _Atomic unsigned logged;

static unsigned char
byte_at(uint64_t offset)
{
	return (unsigned char)((offset * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static void
fake_start(struct source *s, struct transfer *t)
{
	struct fake *f = (struct fake *)s;
	unsigned i = 0, busy = 1;

	CHECK(t->kind == TRANSFER_FLUSH ||
	      (t->length > 0 && t->offset + t->length <= IMAGE_SIZE));
	while (i < CONNECTIONS && f->transfers[i] != NULL)
		i++;
	if (i == CONNECTIONS)
		abort(); /* more transfers at a time than the source allows */
	f->transfers[i] = t;
	f->got[i] = 0;
	f->started++;
	f->ahead += t->offset >= f->reading;
	for (i = 0; i < CONNECTIONS; i++)
		busy += f->transfers[i] != NULL;
	if (busy - 1 > f->most)
		f->most = busy - 1;
}

/* Take n bytes of the write i, or do the flush. */
static void
fake_write(struct fake *f, unsigned i, size_t n)
{
	struct transfer *t = f->transfers[i];

	if (n > 0)
		memcpy(content + t->offset + f->got[i],
		    (const char *)t->bytes + f->got[i], n);
	f->got[i] += n;
	if (f->got[i] < t->length)
		return;
	f->writes += t->kind == TRANSFER_WRITE;
	f->flushes += t->kind == TRANSFER_FLUSH;
	f->transfers[i] = NULL;
	t->done(t, NULL);
}

/* Move transfer i by one piece, or end it. */
static void
fake_move(struct fake *f, unsigned i)
{
	struct fault fault = {.kind = f->kind,
	    .status = EX_IOERR,
	    .retry_after = f->retry_after,
	    .text = "told to fail"};
	struct transfer *t = f->transfers[i];
	unsigned char piece[PIECE];
	size_t n = t->length - f->got[i];

	if (f->bad_chunk != 0 && t->offset / CHUNK_SIZE == f->bad_chunk) {
		f->transfers[i] = NULL;
		t->done(t, &fault);
		return;
	}
	if (f->dead || (f->faults > 0 && f->got[i] > 0)) {
		f->faults -= !f->dead;
		f->transfers[i] = NULL;
		t->done(t, &fault);
		return;
	}
	if (f->doubts > 0 && t->kind == TRANSFER_READ) {
		fault.kind = FAULT_DOUBTED;
		f->transfers[i] = NULL;
		t->done(t, &fault);
		return;
	}
	if (f->limit > 0 && f->got[i] >= f->limit) {
		f->transfers[i] = NULL;
		t->done(t, NULL);
		return;
	}
	if (f->lies > 0 && f->got[i] > 0) {
		f->lies--;
		f->transfers[i] = NULL;
		t->done(t, NULL);
		return;
	}
	if (n > PIECE)
		n = PIECE;
	if (t->kind == TRANSFER_WRITE || t->kind == TRANSFER_FLUSH) {
		fake_write(f, i, n);
		return;
	}
	memcpy(piece, content + t->offset + f->got[i], n);
	f->got[i] += n;
	f->fetched += n;
	f->checks += t->kind == TRANSFER_CHECK && f->got[i] == t->length;
	t->data(t, piece, n);
	if (f->got[i] == t->length) {
		f->transfers[i] = NULL;
		t->done(t, NULL);
	}
}

static void
fake_poll(struct source *s, int timeout_ms)
{
	struct fake *f = (struct fake *)s;
	struct pollfd p = {f->wake[0], POLLIN, 0};
	unsigned i, busy = 0;
	char drop[64];

	f->polls++;
	for (i = 0; i < CONNECTIONS && !f->silent; i++) {
		if (f->transfers[i] == NULL)
			continue;
		busy++;
		fake_move(f, i);
	}
	if (f->silent && timeout_ms > 50)
		timeout_ms = 50; /* to notice when it ends */
	if (poll(&p, 1, busy > 0 ? 0 : timeout_ms) == 1)
		CHECK(read(f->wake[0], drop, sizeof(drop)) > 0);
}

static void
fake_adopt(struct source *s)
{
	((struct fake *)s)->doubts--;
}

static void
fake_wake(struct source *s)
{
	CHECK(write(((struct fake *)s)->wake[1], "", 1) == 1);
}

static void
fake_close(struct source *s)
{
	struct fake *f = (struct fake *)s;

	close(f->wake[0]);
	close(f->wake[1]);
}

static const struct source_ops fake_ops = {
    .start = fake_start,
    .poll = fake_poll,
    .adopt = fake_adopt,
    .wake = fake_wake,
    .close = fake_close,
};

static bool
is_cancelled(void)
{
	return cancel;
}

static void
count_line(const char *line)
{
	(void)line;
	logged++;
}

static _Atomic unsigned told, told_down, told_waiting;
static _Atomic int drop_down; /* how many reports of an outage get lost */

static bool
look_for_down(const char *stats)
{
	bool is_down = strstr(stats, "\"source\": \"down\"") != NULL;

	told++;
	told_waiting += strstr(stats, "\"source\": \"waiting\"") != NULL;
	if (is_down && drop_down > 0) {
		drop_down--;
		return false;
	}
	told_down += is_down;
	return true;
}

static inline struct engine *
start_with(struct fake *f, unsigned slots, unsigned outage, bool warm)
{
	struct engine_config config = {
	    .cache = slots * (uint64_t)CHUNK_SIZE,
	    .connections = CONNECTIONS,
	    .outage_limit = outage,
	    .cancelled = is_cancelled,
	    .log = count_line,
	    .note = count_line,
	    .tell = look_for_down,
	};
	struct engine *e;

	memset(f, 0, sizeof(*f));
	f->source.ops = &fake_ops;
	f->source.info.size = IMAGE_SIZE;
	f->source.info.connections = CONNECTIONS;
	CHECK(pipe(f->wake) == 0);
	cancel = false;
	logged = told = told_down = told_waiting = 0;
	e = engine_new(&config, &f->source);
	CHECK(e != NULL);
	if (warm)
		engine_warm(e, content, CHUNK_SIZE);
	CHECK(engine_start(e) == 0);
	return e;
}

static inline struct engine *
start(struct fake *f, unsigned slots, unsigned outage)
{
	return start_with(f, slots, outage, false);
}

/* Read a range and compare it. Returns 0 or the errno. */
static inline int
reads(struct engine *e, uint64_t offset, size_t len)
{
	unsigned char *buf = malloc(len);
	int error = 0;
	size_t i;

	if (engine_read(e, buf, len, offset) == -1)
		error = errno;
	for (i = 0; error == 0 && i < len; i++)
		if (buf[i] != byte_at(offset + i)) {
			CHECK(!"wrong byte");
			error = -1;
		}
	free(buf);
	return error;
}

static inline void
restore_content(void)
{
	uint64_t i;

	for (i = 0; i < IMAGE_SIZE; i++)
		content[i] = byte_at(i);
}

#endif
