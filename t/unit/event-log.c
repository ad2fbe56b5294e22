/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Run in an empty directory.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "slot/event-log.h"

static void
test_order(void)
{
	struct logged_event e;

	CHECK(event_log_last(".") == 0);
	CHECK(event_log_add(".", 3, "inserted", "") == 0);
	CHECK(event_log_add(".", 3, "host-read", "all at once") == 0);
	CHECK(event_log_last(".") == 2);
	CHECK(event_log_get(".", 1, &e) == 0);
	CHECK(e.slot == 3 && strcmp(e.event, "inserted") == 0);
	CHECK(*e.reason == '\0' && e.time > 0);
	CHECK(event_log_get(".", 2, &e) == 0);
	CHECK(strcmp(e.event, "host-read") == 0);
	CHECK(strcmp(e.reason, "all at once") == 0);
	CHECK(event_log_get(".", 3, &e) == -1 && errno == ENOENT);
}

/* Only the newest events stay. */
static void
test_bound(void)
{
	struct logged_event e;
	int i;

	for (i = 0; i < EVENT_LOG_MAX; i++)
		CHECK(event_log_add(".", 0, "degraded", "away") == 0);
	CHECK(event_log_last(".") == EVENT_LOG_MAX + 2);
	CHECK(event_log_get(".", 2, &e) == -1);
	CHECK(event_log_get(".", 3, &e) == 0);
}

/* Two processes never take the same number. */
static void
test_at_once(void)
{
	uint64_t before = event_log_last(".");
	pid_t pids[4];
	unsigned i, j;

	for (i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] != 0)
			continue;
		for (j = 0; j < 5; j++)
			if (event_log_add(".", i, "ejected", "") == -1)
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < 4; i++) {
		int status = -1;

		CHECK(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
	}
	CHECK(event_log_last(".") == before + 20);
}

static void
test_foreign_file(void)
{
	struct logged_event e;
	FILE *f = fopen("events/100000", "w");

	CHECK(f != NULL && fputs("no event\n", f) >= 0 && fclose(f) == 0);
	CHECK(event_log_get(".", 100000, &e) == -1 && errno == EINVAL);
}

int
main(void)
{
	test_order();
	test_bound();
	test_at_once();
	test_foreign_file();
	return check_status();
}
