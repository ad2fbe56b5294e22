/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Count and log the requests of all connections.
 */
#include "hostile.h"

#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct counter {
	struct counter *next;
	unsigned count;
	char target[];
};

/* Shared by all connections. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct counter *counters;
static unsigned connections, requests, active, max_active;
static int log_fd = -1;

void
log_open(const char *path)
{
	log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (log_fd == -1)
		err(EX_CANTCREAT, "unable to open %s", path);
}

unsigned
log_connection(void)
{
	unsigned number;

	pthread_mutex_lock(&lock);
	number = ++connections;
	pthread_mutex_unlock(&lock);
	return number;
}

unsigned
log_count(const char *target)
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

void
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

void
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
