/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "sources/threaded-error.h"
#include "sources/threaded-worker.h"

#define CHECK_MS    5000 /* between two checks of a file */
#define TRIAL_BYTES 4096 /* that a trial reads */

void
blocking_raise_event(struct blocking *b)
{
	uint64_t one = 1;

	if (write(b->event, &one, sizeof(one)) == -1)
		return; /* the count is at its maximum: poll() returns anyway */
}

void
blocking_show_file(const struct blocking_file *file, char text[64])
{
	snprintf(text, 64, "%lld.%09lld", (long long)file->seconds,
	    (long long)file->nanoseconds);
}

static void
drop_context(struct worker *w, bool broken)
{
	if (w->context != NULL)
		w->blocking->ops->close(w->context, broken);
	if (broken && w->unflushed)
		w->blocking->lost = true;
	w->context = NULL;
	w->unflushed = false;
}

static bool
is_same_file(const struct blocking_file *a, const struct blocking_file *b)
{
	return a->size == b->size && a->seconds == b->seconds &&
	       a->nanoseconds == b->nanoseconds;
}

/*
 * Is it the file that was opened at first? The file at a renewed URL may have
 * another time; then the engine compares bytes. Returns 0 or -1 with a fault.
 */
static int
check_file(struct worker *w, enum transfer_kind kind)
{
	struct blocking *b = w->blocking;
	struct blocking_file now, file;
	bool doubted;

	if (b->ops->stat(w->context, &now, &w->fault) == -1)
		return -1;
	pthread_mutex_lock(&b->lock);
	file = b->file;
	doubted = b->doubted && is_same_file(&now, &b->renewed);
	pthread_mutex_unlock(&b->lock);
	w->looked = doubted ? 0 : clock_ms();
	/* Our own writes change the time of a writable file. */
	if (is_same_file(&now, &file) ||
	    (now.size == file.size && w->config->writable) ||
	    (doubted && kind == TRANSFER_CHECK))
		return 0;
	blocking_fault(&w->fault, doubted ? FAULT_DOUBTED : FAULT_CHANGED,
	    EX_DATAERR, "the image changed on the server (it has another %s)",
	    now.size != file.size ? "size" : "time of modification");
	return -1;
}

/* Open a context, if needed, and check its file. Returns 0 or -1 with a
 * fault. */
static int
prepare(struct worker *w, enum transfer_kind kind)
{
	struct blocking *b = w->blocking;

	if (w->context != NULL && w->config != b->config)
		drop_context(w, false);
	if (w->context == NULL) {
		w->config = b->config;
		w->context = b->ops->open(w->config, &w->fault);
		w->looked = 0;
	}
	if (w->context == NULL)
		return -1;
	return w->looked != 0 && clock_ms() - w->looked < CHECK_MS
		   ? 0
		   : check_file(w, kind);
}

/* Wait until the polling thread has taken the last bytes; then hand over these.
 * Returns false if the worker must stop. */
static bool
hand_over(struct worker *w, size_t len)
{
	bool stopping;

	pthread_mutex_lock(&w->lock);
	while (w->handed > 0 && !w->stopping)
		pthread_cond_wait(&w->changed, &w->lock);
	w->handed = len;
	w->filling ^= 1;
	stopping = w->stopping;
	pthread_mutex_unlock(&w->lock);
	blocking_raise_event(w->blocking);
	return !stopping;
}

/*
 * Read at most len bytes. The length that a server sends is checked, because it
 * could be larger than the buffer.
 */
static ssize_t
read_some(struct worker *w, void *buf, size_t len, uint64_t offset)
{
	ssize_t n =
	    w->blocking->ops->read(w->context, buf, len, offset, &w->fault);

	if (n <= 0 || (size_t)n <= len)
		return n;
	blocking_fault(&w->fault, FAULT_TRANSIENT, EX_PROTOCOL,
	    "the server sent more than was asked for");
	return -1;
}

static int
do_read(struct worker *w, const struct transfer *t)
{
	size_t done = 0, want, piece = w->blocking->ops->piece;
	ssize_t n;

	while (done < t->length) {
		want = t->length - done < piece ? t->length - done : piece;
		n = read_some(
		    w, w->buffers[w->filling], want, t->offset + done);
		if (n == 0)
			blocking_fault(&w->fault, FAULT_CHANGED, EX_DATAERR,
			    "the image changed on the server (it is shorter)");
		if (n <= 0)
			return -1;
		if (!hand_over(w, (size_t)n))
			return 0;
		done += (size_t)n;
	}
	return 0;
}

static int
do_write(struct worker *w, const struct transfer *t)
{
	const unsigned char *bytes = t->bytes;
	size_t done = 0, want, piece = w->blocking->ops->piece;
	ssize_t n;

	w->unflushed = true;
	while (done < t->length) {
		want = t->length - done < piece ? t->length - done : piece;
		n = w->blocking->ops->write(w->context, bytes + done, want,
		    t->offset + done, &w->fault);
		if (n == 0)
			blocking_fault(&w->fault, FAULT_TRANSIENT, EX_IOERR,
			    "the server does not accept data");
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

static int
do_flush(struct worker *w)
{
	struct blocking *b = w->blocking;

	if (b->ops->flush != NULL)
		return b->ops->flush(w->context, &w->fault);
	w->unflushed = false;
	if (!b->lost)
		return 0;
	b->lost = false;
	blocking_fault(&w->fault, FAULT_REQUEST, EX_IOERR,
	    "the connection broke, and the server may have lost what was "
	    "written before");
	return -1;
}

static int
do_probe(struct worker *w)
{
	struct blocking *b = w->blocking;
	struct source_info *info = &b->source.info;
	struct probe *p = w->probe;
	struct fault *why = &w->fault;
	int64_t begun, told;
	ssize_t n;

	w->config = b->config;
	w->context = b->ops->open(w->config, why);
	if (w->context == NULL)
		return -1;
	begun = clock_us();
	if (b->ops->stat(w->context, &b->file, why) == -1)
		return -1;
	told = clock_us();
	w->looked = clock_ms();
	if (b->file.size == 0) {
		blocking_fault(
		    why, FAULT_REQUEST, EX_DATAERR, "the image is empty");
		return -1;
	}
	if (p->room > b->file.size)
		p->room = (size_t)b->file.size;
	for (p->got = 0; p->got < p->room; p->got += (size_t)n) {
		n = read_some(w, p->first + p->got, p->room - p->got, p->got);
		if (n == 0)
			blocking_fault(why, FAULT_CHANGED, EX_DATAERR,
			    "the image is shorter than the server says");
		if (n <= 0)
			return -1;
	}
	info->size = b->file.size;
	info->round_trip = (unsigned)(told - begun);
	info->rate =
	    (uint64_t)((double)p->room * 1e6 / (clock_us() - told + 1));
	/* Two changes in one tick of the server's clock look the same. */
	info->validator_is_weak = 1;
	blocking_show_file(&b->file, b->validator);
	return 0;
}

/* Does the file of this context have the right size, and can it be read? */
static int
try_context(struct worker *w, void *context)
{
	uint64_t size = w->blocking->file.size;
	struct blocking_file *found = &w->trial->file;
	static unsigned char first[TRIAL_BYTES];
	size_t len = size < TRIAL_BYTES ? (size_t)size : TRIAL_BYTES;
	ssize_t n;

	if (w->blocking->ops->stat(context, found, &w->fault) == -1)
		return -1;
	if (found->size != size) {
		blocking_fault(&w->fault, FAULT_REQUEST, EX_DATAERR,
		    "it is another image, of %" PRIu64
		    " bytes and not %" PRIu64,
		    found->size, size);
		return -1;
	}
	n = w->blocking->ops->read(context, first, len, 0, &w->fault);
	if (n == 0)
		blocking_fault(&w->fault, FAULT_REQUEST, EX_DATAERR,
		    "it is shorter than the server says");
	return n > 0 ? 0 : -1;
}

/* The trial has its own context, because it may fail. */
static void
do_trial(struct worker *w)
{
	const struct blocking_ops *ops = w->blocking->ops;
	void *context = ops->open(w->trial->config, &w->fault);

	if (context != NULL)
		ops->close(context, try_context(w, context) == -1);
}

static int
do_transfer(struct worker *w, const struct transfer *t)
{
	if (w->probe != NULL)
		return do_probe(w);
	if (w->trial != NULL) {
		do_trial(w);
		return 0;
	}
	if (prepare(w, t->kind) == -1)
		return -1;
	switch (t->kind) {
	case TRANSFER_READ:
	case TRANSFER_CHECK:
		return do_read(w, t);
	case TRANSFER_WRITE:
		return do_write(w, t);
	default:
		return do_flush(w);
	}
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	const struct transfer *t;
	bool broken;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (
		    !w->stopping && ((w->transfer == NULL && w->probe == NULL &&
					 w->trial == NULL) ||
					w->ended))
			pthread_cond_wait(&w->changed, &w->lock);
		if (w->stopping)
			break;
		t = w->transfer;
		memset(&w->fault, 0, sizeof(w->fault));
		pthread_mutex_unlock(&w->lock);
		broken = do_transfer(w, t) == -1;
		pthread_mutex_lock(&w->lock);
		w->ended = true;
		pthread_cond_broadcast(&w->changed);
		blocking_raise_event(w->blocking);
		if (!broken)
			continue;
		/* Closing may wait for the server, so do not hold the lock. */
		pthread_mutex_unlock(&w->lock);
		drop_context(w, true);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	drop_context(w, false);
	pthread_mutex_lock(&w->lock);
	w->stopped = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* --- its life ---------------------------------------------------------- */

bool
worker_init(struct worker *w, struct blocking *b)
{
	pthread_condattr_t attr;

	w->blocking = b;
	pthread_mutex_init(&w->lock, NULL);
	/* worker_await() needs a clock that nobody can set. */
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &attr);
	pthread_condattr_destroy(&attr);
	w->buffers[0] = malloc(b->ops->piece);
	w->buffers[1] = malloc(b->ops->piece);
	return w->buffers[0] != NULL && w->buffers[1] != NULL;
}

void
worker_start(struct worker *w)
{
	if (w->started)
		return;
	w->started = pthread_create(&w->thread, NULL, work, w) == 0;
	if (w->started)
		return;
	blocking_fault(
	    &w->fault, FAULT_TRANSIENT, EX_OSERR, "unable to start a thread");
	w->ended = true;
}

void
worker_stop(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

bool
worker_await(struct worker *w, const struct timespec *until)
{
	bool stopped;

	pthread_mutex_lock(&w->lock);
	while (!w->stopped &&
	       pthread_cond_timedwait(&w->changed, &w->lock, until) == 0)
		continue;
	stopped = w->stopped;
	pthread_mutex_unlock(&w->lock);
	if (stopped)
		pthread_join(w->thread, NULL);
	else
		pthread_detach(w->thread);
	return stopped;
}

void
worker_free(struct worker *w)
{
	drop_context(w, false);
	free(w->buffers[0]);
	free(w->buffers[1]);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
}
