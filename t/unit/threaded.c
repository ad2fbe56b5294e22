/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A threaded source on top of a fake library: its file is in memory, and its
 * calls fail or hang when a test tells them to.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "sources/threaded-error.h"
#include "sources/threaded.h"
#include "check.h"
#include "base/clock.h"

#define SIZE	    (3 * 1024 * 1024 + 777)
#define CONNECTIONS 3

static unsigned char file[SIZE];
static struct blocking_file identity;
static _Atomic int opened, closed, fail_opens, fail_reads, flushed;
static _Atomic int too_many; /* bytes by which a read overstates its length */
static _Atomic bool hang, hangs, released;
static pthread_mutex_t url_lock = PTHREAD_MUTEX_INITIALIZER;
static char opened_url[128]; /* and the password */

static void *
fake_open(const struct source_config *config, struct fault *why)
{
	pthread_mutex_lock(&url_lock);
	snprintf(opened_url, sizeof(opened_url), "%s %s", config->url,
	    config->password != NULL ? config->password : "");
	pthread_mutex_unlock(&url_lock);
	if (fail_opens > 0) {
		fail_opens--;
		blocking_fault(
		    why, FAULT_TRANSIENT, EX_UNAVAILABLE, "told to fail");
		return NULL;
	}
	opened++;
	return malloc(1);
}

static int
fake_stat(void *context, struct blocking_file *found, struct fault *why)
{
	(void)context;
	(void)why;
	*found = identity;
	return 0;
}

static ssize_t
fake_read(
    void *context, void *buf, size_t len, uint64_t offset, struct fault *why)
{
	size_t n = len < 50000 ? len : 50000; /* less than requested */

	(void)context;
	while (hang && !released) {
		hangs = true;
		usleep(1000);
	}
	if (fail_reads > 0) {
		fail_reads--;
		blocking_fault(why, FAULT_TRANSIENT, EX_IOERR, "told to fail");
		return -1;
	}
	if (offset + n > SIZE)
		n = SIZE - offset;
	memcpy(buf, file + offset, n);
	if (too_many > 0)
		return (ssize_t)len + too_many;
	return (ssize_t)n;
}

static ssize_t
fake_write(void *context, const void *bytes, size_t len, uint64_t offset,
    struct fault *why)
{
	size_t n = len < 50000 ? len : 50000;

	(void)context;
	(void)why;
	memcpy(file + offset, bytes, n);
	return (ssize_t)n;
}

static int
fake_flush(void *context, struct fault *why)
{
	(void)context;
	(void)why;
	flushed++;
	return 0;
}

static void
fake_close(void *context, bool broken)
{
	(void)broken;
	closed++;
	free(context);
}

static struct blocking_ops ops = {
    .renews = true,
    .piece = 128 * 1024,
    .open = fake_open,
    .stat = fake_stat,
    .read = fake_read,
    .write = fake_write,
    .flush = fake_flush,
    .close = fake_close,
};

/* A transfer into memory. */
struct job {
	struct transfer t;
	unsigned char *got;
	size_t len;
	bool ended;
	struct fault fault; /* status 0: no fault */
};

static void
on_data(struct transfer *t, const void *bytes, size_t len)
{
	struct job *job = t->owner;

	CHECK(job->len + len <= t->length);
	memcpy(job->got + job->len, bytes, len);
	job->len += len;
}

static void
on_done(struct transfer *t, const struct fault *fault)
{
	struct job *job = t->owner;

	job->ended = true;
	if (fault != NULL)
		job->fault = *fault;
}

static void
begin(struct source *s, struct job *job, enum transfer_kind kind,
    uint64_t offset, size_t len, const void *bytes)
{
	memset(job, 0, sizeof(*job));
	job->got = calloc(1, len + 1);
	job->t = (struct transfer){.kind = kind,
	    .offset = offset,
	    .length = len,
	    .bytes = bytes,
	    .data = on_data,
	    .done = on_done,
	    .owner = job};
	s->ops->start(s, &job->t);
}

/* Wait for a job: its bytes must be right, or it must have this fault. */
static void
end(struct source *s, struct job *job, int status)
{
	while (!job->ended)
		s->ops->poll(s, 1000);
	CHECK(job->fault.status == status);
	if (status == 0 && job->t.kind == TRANSFER_READ)
		CHECK(job->len == job->t.length &&
		      memcmp(job->got, file + job->t.offset, job->len) == 0);
	free(job->got);
}

static struct source *
open_fake(bool writable, unsigned char *first, size_t *got, struct fault *why)
{
	struct source_config config = {.url = "fake://u:p@host/x?q",
	    .connections = CONNECTIONS,
	    .writable = writable};
	size_t i;

	for (i = 0; i < SIZE; i++)
		file[i] = (unsigned char)(i * 2654435761u >> 24);
	identity = (struct blocking_file){SIZE, 1000, 5};
	opened = closed = fail_reads = flushed = too_many = 0;
	hang = hangs = released = false;
	return blocking_open(&ops, &config, first, 100000, got, why);
}

static struct source *
start(bool writable)
{
	unsigned char *first = malloc(100000);
	struct fault why;
	size_t got;
	struct source *s = open_fake(writable, first, &got, &why);

	CHECK(s != NULL && got == 100000 && memcmp(first, file, got) == 0);
	CHECK(s->info.size == SIZE && s->info.connections == CONNECTIONS);
	CHECK(strcmp(s->info.url, "fake://host/x") == 0);
	free(first);
	return s;
}

static void
test_reads(void)
{
	struct source *s = start(false);
	struct job a, b, c;
	int i;

	for (i = 0; i < 20; i++) {
		begin(s, &a, TRANSFER_READ, (uint64_t)i * 5000, 1000000, NULL);
		begin(s, &b, TRANSFER_READ, SIZE - 1, 1, NULL);
		begin(s, &c, TRANSFER_READ, 777, 2000000, NULL);
		end(s, &a, 0);
		end(s, &b, 0);
		end(s, &c, 0);
	}
	CHECK(opened == CONNECTIONS);
	s->ops->close(s);
	CHECK(closed == CONNECTIONS);
}

static void
test_fault_and_another_context(void)
{
	struct source *s = start(false);
	struct job a;

	fail_reads = 1;
	begin(s, &a, TRANSFER_READ, 0, 1000000, NULL);
	end(s, &a, EX_IOERR);
	begin(s, &a, TRANSFER_READ, 0, 1000000, NULL);
	end(s, &a, 0);
	/* The failed context is closed, and another is open. */
	CHECK(closed == 1 && opened == 2);
	s->ops->close(s);
}

/* A server that claims to have sent more than requested is not believed. */
static void
test_longer_than_asked(void)
{
	struct source *s = start(false);
	struct job a;

	too_many = 1;
	begin(s, &a, TRANSFER_READ, 0, 1000, NULL);
	end(s, &a, EX_PROTOCOL);
	CHECK(a.len == 0 && a.fault.kind == FAULT_TRANSIENT);
	too_many = 0;
	begin(s, &a, TRANSFER_READ, 0, 1000, NULL);
	end(s, &a, 0);
	s->ops->close(s);
}

/* If a server has only just started, opening is repeated, but not for ever. */
static void
test_open_again(void)
{
	struct fault why;
	unsigned char first[100000];
	size_t got;
	struct source *s;

	fail_opens = 2;
	s = open_fake(false, first, &got, &why);
	CHECK(s != NULL && got == sizeof(first));
	s->ops->close(s);
	fail_opens = 9;
	s = open_fake(false, first, &got, &why);
	CHECK(s == NULL && why.status == EX_UNAVAILABLE && fail_opens == 6);
	fail_opens = 0;
}

static void
test_change(void)
{
	struct source *s = start(false);
	struct job a;

	identity.nanoseconds++;
	fail_reads = 1;
	begin(s, &a, TRANSFER_READ, 0, 100, NULL);
	end(s, &a, EX_IOERR);
	begin(s, &a, TRANSFER_READ, 0, 100, NULL);
	end(s, &a, EX_DATAERR);
	CHECK(a.fault.kind == FAULT_CHANGED);
	s->ops->close(s);
}

static void
test_writes(void)
{
	struct source *s = start(true);
	unsigned char *bytes = malloc(300000);
	struct job a;

	memset(bytes, 7, 300000);
	identity.seconds++; /* as a write does */
	begin(s, &a, TRANSFER_WRITE, 123456, 300000, bytes);
	end(s, &a, 0);
	CHECK(memcmp(file + 123456, bytes, 300000) == 0);
	begin(s, &a, TRANSFER_FLUSH, 0, 0, NULL);
	end(s, &a, 0);
	CHECK(flushed == 1);
	begin(s, &a, TRANSFER_READ, 100000, 500000, NULL);
	end(s, &a, 0);
	s->ops->close(s);
	free(bytes);
}

/* Where the library cannot flush, a flush fails after a context broke. */
static void
test_no_flush(void)
{
	struct source *s;
	struct job a;

	ops.flush = NULL;
	s = start(true);
	begin(s, &a, TRANSFER_WRITE, 0, 1000, file);
	end(s, &a, 0);
	begin(s, &a, TRANSFER_FLUSH, 0, 0, NULL);
	end(s, &a, 0);
	/* Nothing was written since, so nothing is lost. */
	fail_reads = 1;
	begin(s, &a, TRANSFER_READ, 0, 1000, NULL);
	end(s, &a, EX_IOERR); /* the fake fails it */
	begin(s, &a, TRANSFER_FLUSH, 0, 0, NULL);
	end(s, &a, 0);
	begin(s, &a, TRANSFER_WRITE, 0, 1000, file);
	end(s, &a, 0);
	fail_reads = 1;
	begin(s, &a, TRANSFER_READ, 0, 1000, NULL);
	end(s, &a, EX_IOERR); /* the fake fails it */
	begin(s, &a, TRANSFER_FLUSH, 0, 0, NULL);
	end(s, &a, EX_IOERR);
	begin(s, &a, TRANSFER_FLUSH, 0, 0, NULL);
	end(s, &a, 0);
	s->ops->close(s);
	ops.flush = fake_flush;
}

static void *
wake_soon(void *arg)
{
	struct source *s = arg;

	usleep(50000);
	s->ops->wake(s);
	return NULL;
}

static void
test_wake(void)
{
	struct source *s = start(false);
	pthread_t thread;

	pthread_create(&thread, NULL, wake_soon, s);
	s->ops->poll(s, 60000); /* longer than the test may take */
	pthread_join(thread, NULL);
	s->ops->close(s);
}

/* A worker that hangs in a call does not delay the end. */
static void
test_stuck(void)
{
	static struct job a; /* the stuck worker still has it */
	struct source *s = start(false);
	int64_t begun;

	hang = true;
	begin(s, &a, TRANSFER_READ, 0, 100, NULL);
	while (!hangs)
		usleep(1000);
	begun = clock_ms();
	s->ops->close(s);
	CHECK(clock_ms() - begun <= 3000 && !released && closed == 0);
	released = true;
	usleep(50000);
	free(a.got);
}

/*
 * A renewed URL is used only after it could be opened. Its file has another
 * time, so the engine must compare bytes.
 */
static void
test_renewal(void)
{
	static const char new[] = "url 15\nfake://host/new\n"
				  "password 3\ntwo\n";
	struct source *s = start(false);
	struct fault why;
	struct job a;

	identity.size--;
	CHECK(s->ops->renew(s, new, &why) == -1 && why.status == EX_DATAERR);
	identity.size++;
	begin(s, &a, TRANSFER_READ, 0, 1000, NULL);
	end(s, &a, 0);
	CHECK(s->ops->renew(s, "url 15\nhttp://host/new\n", &why) == -1);
	fail_reads = 1;
	CHECK(s->ops->renew(s, new, &why) == -1 && why.status == EX_IOERR);
	identity.seconds++;
	CHECK(s->ops->renew(s, new, &why) == 0);
	CHECK(strcmp(opened_url, "fake://host/new two") == 0);
	begin(s, &a, TRANSFER_READ, 0, 1000, NULL);
	end(s, &a, EX_DATAERR);
	CHECK(a.fault.kind == FAULT_DOUBTED);
	begin(s, &a, TRANSFER_CHECK, 0, 1000, NULL);
	end(s, &a, 0);
	s->ops->adopt(s);
	begin(s, &a, TRANSFER_READ, 0, 1000, NULL);
	end(s, &a, 0);
	/* If the file changes once more, the image has changed. */
	identity.seconds++;
	fail_reads = 1;
	begin(s, &a, TRANSFER_READ, 0, 1000, NULL);
	end(s, &a, EX_IOERR);
	begin(s, &a, TRANSFER_READ, 0, 1000, NULL);
	end(s, &a, EX_DATAERR);
	CHECK(a.fault.kind == FAULT_CHANGED);
	s->ops->close(s);
	CHECK(closed == opened);
}

int
main(void)
{
	test_reads();
	test_fault_and_another_context();
	test_longer_than_asked();
	test_open_again();
	test_change();
	test_writes();
	test_no_flush();
	test_wake();
	test_renewal();
	test_stuck();
	return check_status();
}
