/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "slot/ask.h"
#include "slot/progress.h"
#include "unix/socket.h"

#define BEGIN_MS 20000 /* longest wait until a starting vm-slot listens */
#define PAUSE_MS 20

struct answer {
	int status; /* -1: no answer yet */
	enum cause cause;
	char *why; /* the reason goes here */
	size_t size;
	size_t have;
	char text[8192];
};

bool
slot_is_held(const struct state *s)
{
	char path[PATH_MAX];
	int fd = open(state_path(s, "pid", path), O_RDONLY | O_CLOEXEC);
	bool held;

	if (fd == -1)
		return false;
	held = flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	close(fd);
	return held;
}

/* --- connecting -------------------------------------------------------------- */

/* May a vm-slot listen soon? Yes if it holds the slot. A vm-slot to follow may
 * be starting only just now; if it failed before it could listen, it left an
 * error. */
static bool
may_come(const struct ask *a)
{
	return slot_is_held(a->state) || (strcmp(a->request, "follow") == 0 &&
					     state_has(a->state, "request") &&
					     !state_has(a->state, "error"));
}

static int
connect_slot(const struct ask *a, int64_t give_up)
{
	char path[PATH_MAX];
	int fd;

	state_path(a->state, "work/control", path);
	while ((fd = connect_unix(path)) == -1 && may_come(a) &&
	       clock_ms() < give_up)
		clock_sleep_ms(PAUSE_MS);
	return fd;
}

/* --- the answer --------------------------------------------------------------- */

/* Parse STATUS CAUSE TEXT. */
static void
take_failure(struct answer *answer, char *line)
{
	char *rest, *word;

	answer->status = (int)strtol(line, &rest, 10);
	rest += *rest == ' ';
	word = strsep(&rest, " ");
	answer->cause = cause_find(word);
	snprintf(answer->why, answer->size, "%s", rest != NULL ? rest : "");
}

static void
take_line(struct answer *answer, char *line, char *step)
{

	if (strncmp(line, "step ", 5) == 0) {
		snprintf(step, STATE_VALUE_MAX, "%s", line + 5);
	} else if (strncmp(line, "state ", 6) == 0) {
		printf("state: %s\n", line + 6);
		fflush(stdout);
	} else if (strcmp(line, "done") == 0) {
		answer->status = 0;
	} else if (strncmp(line, "failed ", 7) == 0) {
		take_failure(answer, line + 7);
	}
}

/* Returns false at the end of the connection. */
static bool
take_lines(int fd, struct answer *answer, char *step)
{
	ssize_t n = read(fd, answer->text + answer->have,
	    sizeof(answer->text) - 1 - answer->have);
	char *line = answer->text, *end;

	if (n <= 0)
		return n == -1 && (errno == EINTR || errno == EAGAIN);
	answer->have += (size_t)n;
	answer->text[answer->have] = '\0';
	while ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		take_line(answer, line, step);
		line = end + 1;
	}
	answer->have -= (size_t)(line - answer->text);
	memmove(answer->text, line, answer->have + 1);
	return answer->have < sizeof(answer->text) - 1;
}

/* Returns the status of the answer, EX_TEMPFAIL after the time limit,
 * ASK_NOBODY or ASK_ALONE. */
static int
wait_for_answer(
    const struct ask *a, int fd, enum cause *cause, char *why, size_t size)
{
	int beside =
	    a->beside > 0 ? (int)syscall(SYS_pidfd_open, a->beside, 0) : -1;
	int64_t end = clock_ms() + 1000 * (int64_t)a->seconds;
	struct answer answer = {.status = -1, .why = why, .size = size};
	struct progress progress;
	char step[STATE_VALUE_MAX] = "";
	struct pollfd p[2] = {{fd, POLLIN, 0}, {beside, POLLIN, 0}};
	int ms, status = ASK_NOBODY;

	progress_begin(&progress);
	while (answer.status == -1) {
		ms = a->shows ? 1000 : -1;
		if (a->seconds > 0 && (ms == -1 || end - clock_ms() < ms))
			ms = end > clock_ms() ? (int)(end - clock_ms()) : 0;
		poll(p, 2, ms);
		if (p[0].revents != 0 && !take_lines(fd, &answer, step))
			break;
		if (answer.status == -1 && a->beside > 0 &&
		    (beside == -1 || p[1].revents != 0)) {
			status = ASK_ALONE;
			break;
		}
		if (answer.status == -1 && a->seconds > 0 &&
		    clock_ms() >= end) {
			status = EX_TEMPFAIL;
			answer.cause = CAUSE_TIMEOUT;
			snprintf(why, size,
			    a->request[0] == 'e'
				? "slot %u is not empty after %u s"
				: "slot %u does not answer within %u s",
			    a->slot, a->seconds);
			break;
		}
		if (a->shows && *step != '\0')
			progress_show(&progress, step);
	}
	if (a->shows)
		progress_end(&progress);
	if (beside != -1)
		close(beside);
	*cause = answer.cause;
	return answer.status != -1 ? answer.status : status;
}

int
slot_ask(const struct ask *a, enum cause *cause, char *why, size_t size)
{
	int64_t give_up = clock_ms() + BEGIN_MS;
	char line[ASK_REQUEST_MAX + 1];
	int fd, n, status;

	*why = '\0';
	*cause = CAUSE_USUAL;
	n = snprintf(line, sizeof(line), "%s\n", a->request);
	if (n > ASK_REQUEST_MAX) {
		snprintf(why, size, "no such request");
		return EX_USAGE;
	}
	do {
		fd = connect_slot(a, give_up);
		if (fd == -1)
			return ASK_NOBODY;
		send(fd, line, (size_t)n, MSG_NOSIGNAL);
		status = wait_for_answer(a, fd, cause, why, size);
		close(fd);
		if (strcmp(a->request, "watch") == 0)
			give_up = clock_ms() + BEGIN_MS;
		/* A vm-slot that reloads closes its socket, and goes on. So
		 * send the request again: it may arrive twice. */
	} while (status == ASK_NOBODY && slot_is_held(a->state) &&
		 strcmp(a->request, "leave") != 0 && clock_ms() < give_up);
	return status;
}
