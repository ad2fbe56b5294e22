/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "drive/ask.h"
#include "drive/place.h"
#include "unix/socket.h"

#define START_MS 5000 /* one that has just begun listens by then */

static int
send_request(unsigned slot, struct failure *why, const char *request)
{
	char path[PATH_MAX], line[DRIVE_LINE_MAX + 64];
	int64_t end = clock_ms() + START_MS;
	int fd;

	drive_path(slot, "control", path);
	while ((fd = connect_unix(path)) == -1 && drive_is_alive(slot) &&
	       clock_ms() < end)
		clock_sleep_ms(50);
	if (fd == -1)
		return fail(why, EX_UNAVAILABLE,
		    "the vm-drive of slot %u does not run: vm-gadget setup "
		    "makes the drive anew",
		    slot);
	snprintf(line, sizeof(line), "%s\n", request);
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line))
		return fd;
	close(fd);
	return fail_errno(
	    why, EX_IOERR, "unable to ask the vm-drive of slot %u", slot);
}

/* Read to the end of the answer. Returns its length: 0 if it has ended without one,
 * or -1 if the time is over. */
static ssize_t
receive(int fd, int ms, char *answer, size_t size)
{
	int64_t end = clock_ms() + ms, left;
	struct pollfd p = {fd, POLLIN, 0};
	size_t have = 0;
	ssize_t n = 1;

	while (n > 0 && have < size - 1) {
		left = end - clock_ms();
		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return -1;
		n = recv(fd, answer + have, size - 1 - have, MSG_DONTWAIT);
		have += n > 0 ? (size_t)n : 0;
	}
	answer[have] = '\0';
	answer[strcspn(answer, "\n")] = '\0';
	return (ssize_t)have;
}

static int
read_answer(const char *answer, struct failure *why)
{
	char word[32];
	int at = 0;

	if (strcmp(answer, "done") == 0)
		return 0;
	if (sscanf(answer, "failed %d %31s %n", &why->status, word, &at) != 2 ||
	    at == 0)
		return fail(why, EX_PROTOCOL,
		    "unable to understand the answer of vm-drive");
	why->cause = cause_find(word);
	snprintf(why->text, sizeof(why->text), "%s", answer + at);
	return -1;
}

static int
ask(unsigned slot, int ms, struct failure *why, const char *request, bool ends)
{
	char answer[FAILURE_TEXT_SIZE + 64];
	int fd = send_request(slot, why, request);
	ssize_t n;

	if (fd == -1)
		return -1;
	n = receive(fd, ms, answer, sizeof(answer));
	close(fd);
	if (n > 0)
		return read_answer(answer, why);
	if (n == 0 && ends)
		return 0;
	return n == 0 ? fail(why, EX_UNAVAILABLE,
			    "the vm-drive of slot %u has ended", slot)
		      : fail_because(why, CAUSE_UNREACHABLE, EX_IOERR,
			    "the vm-drive of slot %u does not answer", slot);
}

int
drive_ask(unsigned slot, int ms, struct failure *why, const char *format, ...)
{
	char request[DRIVE_LINE_MAX + 64];
	va_list args;

	va_start(args, format);
	vsnprintf(request, sizeof(request), format, args);
	va_end(args);
	return ask(slot, ms, why, request, false);
}

int
drive_ask_end(unsigned slot, int ms, struct failure *why, const char *request)
{
	return ask(slot, ms, why, request, true);
}
