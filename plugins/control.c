/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "control.h"
#include "fetchd/report.h"

static pthread_t thread;
static int stop_fd = -1; /* eventfd(2): tells the thread to end */

bool
control_send(const char *text)
{
	return settings.control_fd == -1 ||
	       send(settings.control_fd, text, strlen(text),
		   MSG_DONTWAIT | MSG_NOSIGNAL) != -1 ||
	       (errno != EAGAIN && errno != ENOBUFS);
}

static void
send_line(const char *kind, const char *line)
{
	char text[REPORT_MAX];

	snprintf(text, sizeof(text), "%s: %s", kind, line);
	control_send(text);
}

/* nbdkit logs only errors, so send notes to vm-fetchd. */
void
control_note(const char *line)
{
	send_line("note", line);
}

void
control_waits(const char *why)
{
	send_line("waiting", why);
}

void
control_adopted(const char *lines)
{
	char text[CONTROL_MAX];

	snprintf(text, sizeof(text), ADOPTED_HEAD "%s", lines);
	control_send(text);
}

/*
 * The thread ends by stop_fd. A shutdown of the socket would end it, too, but
 * the next nbdkit may inherit this socket.
 */
static void *
take_urls(void *engine)
{
	struct pollfd p[2] = {
	    {settings.control_fd, POLLIN, 0}, {stop_fd, POLLIN, 0}};
	char url[CONTROL_MAX];
	ssize_t n;

	while (poll(p, 2, -1) > 0 && p[1].revents == 0) {
		n = recv(
		    settings.control_fd, url, sizeof(url) - 1, MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		url[n] = '\0';
		engine_renew(engine, url);
		explicit_bzero(url, sizeof(url));
	}
	return NULL;
}

int
control_start(struct engine *engine)
{
	if (settings.control_fd == -1)
		return 0;
	stop_fd = eventfd(0, EFD_CLOEXEC);
	if (stop_fd == -1)
		return -1;
	errno = pthread_create(&thread, NULL, take_urls, engine);
	if (errno == 0)
		return 0;
	close(stop_fd);
	stop_fd = -1;
	return -1;
}

void
control_stop(void)
{
	if (stop_fd == -1)
		return;
	eventfd_write(stop_fd, 1);
	pthread_join(thread, NULL);
	close(stop_fd);
}
