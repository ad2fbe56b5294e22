/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A worker reads into one of its two buffers while the polling thread takes
 * the other. What a worker and the polling thread share is guarded by the
 * worker's lock, which is held for no call of the library.
 */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "sources/threaded.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/url.h"

#define LOOK_AGAIN 5000 /* ms between two looks at a file */
#define STOP_MS	   500	/* for workers to end; who is stuck is left behind */

/* The first thing that is done: learn what the file is, read its beginning. */
struct probe {
	unsigned char *first;
	size_t room, got;
};

struct worker {
	struct blocking *blocking;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool started, stopping, stopped;
	struct transfer *transfer; /* NULL: idle */
	struct probe *probe;	   /* NULL, but for the first of all */
	unsigned char *buffers[2];
	unsigned filling;   /* the buffer that the worker uses now */
	size_t handed;	    /* bytes of the other one, for the polling thread */
	bool ended;	    /* the transfer has, and fault says how */
	struct fault fault; /* status 0: none */
	/* The worker's own: */
	void *context;
	int64_t looked; /* when its file was last looked at */
	bool unflushed; /* it was written to, and nothing was flushed since */
};

struct blocking {
	struct source source;
	const struct blocking_ops *ops;
	struct source_config config;
	struct blocking_file file;
	char *display;
	char validator[64];
	int event;	   /* something happened: for poll() */
	_Atomic bool lost; /* a server may have forgotten what it took */
	unsigned count;
	struct worker *workers;
};

void
blocking_fault(
    struct fault *f, enum fault_kind kind, int status, const char *format, ...)
{
	va_list ap;

	memset(f, 0, sizeof(*f));
	f->kind = kind;
	f->status = status;
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
}

void
blocking_fault_of(const struct blocking_error *table, int error,
    const char *what, const char *text, struct fault *f)
{
	while (table->error != 0 && table->error != error)
		table++;
	if (table->error != 0)
		blocking_fault(
		    f, table->kind, table->status, "%s", table->text);
	else
		blocking_fault(f, FAULT_TRANSIENT, EX_UNAVAILABLE,
		    "unable to %s: %s", what, text);
}

int
blocking_find_host(const char *url, struct fault *why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	char *plain = url_for_show(url), *host, *end;
	int error = EAI_MEMORY;

	host = plain != NULL ? strstr(plain, "://") : NULL;
	if (host != NULL) {
		host += 3;
		end = host + strcspn(host, *host == '[' ? "]" : ":/");
		host += *host == '[';
		*end = '\0';
		error = getaddrinfo(host, NULL, &hints, &found);
		if (error == 0)
			freeaddrinfo(found);
		else
			blocking_fault(why,
			    error == EAI_AGAIN ? FAULT_TRANSIENT
					       : FAULT_REQUEST,
			    EX_NOHOST, "Could not resolve host: %s", host);
	} else {
		blocking_fault(why, FAULT_REQUEST, EX_USAGE, "not a URL");
	}
	free(plain);
	return error == 0 ? 0 : -1;
}

static void
raise_event(struct blocking *b)
{
	uint64_t one = 1;

	if (write(b->event, &one, sizeof(one)) == -1)
		return; /* it is raised as high as it goes */
}

/* --- a worker ---------------------------------------------------------- */

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

/* Is it the file that was opened at first? Returns 0 or -1 with a fault. */
static int
check_file(struct worker *w)
{
	const struct blocking *b = w->blocking;
	struct blocking_file now;

	if (b->ops->stat(w->context, &now, &w->fault) == -1)
		return -1;
	w->looked = clock_ms();
	/* What we write ourselves changes the time. */
	if (now.size == b->file.size &&
	    (b->config.writable || (now.seconds == b->file.seconds &&
				       now.nanoseconds == b->file.nanoseconds)))
		return 0;
	blocking_fault(&w->fault, FAULT_CHANGED, EX_DATAERR,
	    "the image changed on the server (its %s did)",
	    now.size != b->file.size ? "size" : "time of modification");
	return -1;
}

/* Have a context whose file is right. Returns 0 or -1 with a fault. */
static int
prepare(struct worker *w)
{
	struct blocking *b = w->blocking;

	if (w->context == NULL) {
		w->context = b->ops->open(&b->config, &w->fault);
		w->looked = 0;
	}
	if (w->context == NULL)
		return -1;
	return w->looked != 0 && clock_ms() - w->looked < LOOK_AGAIN
		   ? 0
		   : check_file(w);
}

/* Hand len bytes to the polling thread, once it has taken the last ones. */
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
	raise_event(w->blocking);
	return !stopping;
}

static int
do_read(struct worker *w, const struct transfer *t)
{
	size_t done = 0, want, piece = w->blocking->ops->piece;
	ssize_t n;

	while (done < t->length) {
		want = t->length - done < piece ? t->length - done : piece;
		n = w->blocking->ops->read(w->context, w->buffers[w->filling],
		    want, t->offset + done, &w->fault);
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
			    "the server takes no bytes");
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

	w->context = b->ops->open(&b->config, why);
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
		n = b->ops->read(w->context, p->first + p->got,
		    p->room - p->got, p->got, why);
		if (n == 0)
			blocking_fault(why, FAULT_REQUEST, EX_DATAERR,
			    "the image is shorter than the server says");
		if (n <= 0)
			return -1;
	}
	info->size = b->file.size;
	info->round_trip = (unsigned)(told - begun);
	info->rate =
	    (uint64_t)((double)p->room * 1e6 / (clock_us() - told + 1));
	/* Two changes within one tick of the server's clock look the same. */
	info->validator_is_weak = 1;
	snprintf(b->validator, sizeof(b->validator), "%lld.%09lld",
	    (long long)b->file.seconds, (long long)b->file.nanoseconds);
	return 0;
}

static int
do_transfer(struct worker *w, const struct transfer *t)
{
	if (w->probe != NULL)
		return do_probe(w);
	if (prepare(w) == -1)
		return -1;
	switch (t->kind) {
	case TRANSFER_READ:
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
		while (!w->stopping &&
		       ((w->transfer == NULL && w->probe == NULL) || w->ended))
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
		raise_event(w->blocking);
		if (!broken)
			continue;
		/* A farewell to a server that is away takes its time. */
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

/* Let a worker begin, if it has not; with its lock held. */
static void
start_thread(struct worker *w)
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

/* --- the engine's side ------------------------------------------------- */

static void
blocking_start(struct source *s, struct transfer *t)
{
	struct blocking *b = (struct blocking *)s;
	struct worker *w = b->workers;

	while (w->transfer != NULL)
		w++;
	t->work = w;
	pthread_mutex_lock(&w->lock);
	w->transfer = t;
	w->ended = false;
	start_thread(w);
	if (w->ended)
		raise_event(b);
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* Take what a worker has, and call back. */
static void
collect(struct worker *w)
{
	struct transfer *t = w->transfer;
	const unsigned char *bytes;
	struct fault fault;
	size_t n;
	bool ended;

	if (t == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	n = w->handed;
	bytes = w->buffers[w->filling ^ 1];
	pthread_mutex_unlock(&w->lock);
	if (n > 0)
		t->data(t, bytes, n);
	pthread_mutex_lock(&w->lock);
	if (n > 0)
		w->handed = 0;
	/* The last piece may have come since. */
	ended = w->ended && w->handed == 0;
	if (ended) {
		fault = w->fault;
		w->transfer = NULL;
	}
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	if (ended)
		t->done(t, fault.status != 0 ? &fault : NULL);
}

static void
blocking_poll(struct source *s, int timeout_ms)
{
	struct blocking *b = (struct blocking *)s;
	struct pollfd p = {b->event, POLLIN, 0};
	uint64_t count;
	unsigned i;

	if (poll(&p, 1, timeout_ms) == 1 &&
	    read(b->event, &count, sizeof(count)) == -1)
		return;
	for (i = 0; i < b->count; i++)
		collect(&b->workers[i]);
}

static void
blocking_wake(struct source *s)
{
	raise_event((struct blocking *)s);
}

/* Has the worker ended by then? */
static bool
await_worker(struct worker *w, const struct timespec *until)
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

static void
worker_free(struct worker *w)
{
	drop_context(w, false);
	free(w->buffers[0]);
	free(w->buffers[1]);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
}

static void
blocking_free(struct blocking *b)
{
	unsigned i;

	for (i = 0; i < b->count; i++)
		worker_free(&b->workers[i]);
	free(b->workers);
	free(b->display);
	secret_free((char *)b->config.url);
	secret_free((char *)b->config.user);
	secret_free((char *)b->config.password);
	secret_free((char *)b->config.domain);
	if (b->event != -1)
		close(b->event);
	free(b);
}

static void
blocking_close(struct source *s)
{
	struct blocking *b = (struct blocking *)s;
	struct timespec until;
	bool all = true;
	unsigned i;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += STOP_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	for (i = 0; i < b->count; i++) {
		pthread_mutex_lock(&b->workers[i].lock);
		b->workers[i].stopping = true;
		pthread_cond_broadcast(&b->workers[i].changed);
		pthread_mutex_unlock(&b->workers[i].lock);
	}
	for (i = 0; i < b->count; i++)
		if (b->workers[i].started &&
		    !await_worker(&b->workers[i], &until))
			all = false;
	/* Who is stuck in a call still uses it. The process ends anyway. */
	if (all)
		blocking_free(b);
}

static const struct source_ops blocking_source_ops = {
    .start = blocking_start,
    .poll = blocking_poll,
    .wake = blocking_wake,
    .close = blocking_close,
};

/* --- opening ----------------------------------------------------------- */

static char *
copy(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

static bool
worker_init(struct worker *w, struct blocking *b)
{
	w->blocking = b;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	w->buffers[0] = malloc(b->ops->piece);
	w->buffers[1] = malloc(b->ops->piece);
	return w->buffers[0] != NULL && w->buffers[1] != NULL;
}

static struct blocking *
blocking_new(const struct blocking_ops *ops, const struct source_config *config)
{
	struct blocking *b = calloc(1, sizeof(*b));
	unsigned count, i;

	if (b == NULL)
		return NULL;
	b->source.ops = &blocking_source_ops;
	b->ops = ops;
	b->config = *config;
	b->config.url = copy(config->url);
	b->config.user = copy(config->user);
	b->config.password = copy(config->password);
	b->config.domain = copy(config->domain);
	b->display = url_for_show(config->url);
	b->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	count = config->connections;
	if (ops->contexts_max != 0 && count > ops->contexts_max)
		count = ops->contexts_max;
	b->workers = calloc(count, sizeof(*b->workers));
	if (b->workers == NULL || b->event == -1 || b->config.url == NULL ||
	    b->display == NULL) {
		blocking_free(b);
		return NULL;
	}
	b->count = count;
	b->source.info.connections = count;
	b->source.info.url = b->display;
	b->source.info.validator = b->validator;
	b->source.info.address = "";
	for (i = 0; i < b->count; i++)
		if (!worker_init(&b->workers[i], b)) {
			blocking_free(b);
			return NULL;
		}
	return b;
}

/*
 * The probe, in the thread that will use the context later: not every library
 * lets another one do so. Returns 0 or -1 with *why.
 */
static int
probe_by(
    struct worker *w, void *first, size_t room, size_t *got, struct fault *why)
{
	struct probe p = {.first = first, .room = room};

	pthread_mutex_lock(&w->lock);
	w->probe = &p;
	start_thread(w);
	while (!w->ended)
		pthread_cond_wait(&w->changed, &w->lock);
	*why = w->fault;
	*got = p.got;
	w->probe = NULL;
	w->ended = false;
	pthread_mutex_unlock(&w->lock);
	return why->status == 0 ? 0 : -1;
}

struct source *
blocking_open(const struct blocking_ops *ops,
    const struct source_config *config, void *first, size_t room, size_t *got,
    struct fault *why)
{
	struct blocking *b;

	if (config->writable && ops->write == NULL) {
		blocking_fault(why, FAULT_REQUEST, EX_USAGE,
		    "there is no writing to this kind of source");
		return NULL;
	}
	b = blocking_new(ops, config);
	if (b == NULL) {
		blocking_fault(why, FAULT_REQUEST, EX_OSERR, "out of memory");
		return NULL;
	}
	if (probe_by(&b->workers[0], first, room, got, why) == -1) {
		blocking_close(&b->source);
		return NULL;
	}
	return &b->source;
}
