/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/epoll.h>

#include <errno.h>

#include "drive/wait.h"

static int
control(struct wait *wait, int how, int fd, uint32_t events, enum wait_who who)
{
	struct epoll_event event = {.events = events, .data.u32 = who};

	return epoll_ctl(wait->epoll, how, fd, &event);
}

int
wait_open(struct wait *wait, int bus, int ep0, int keeper)
{
	wait->source = -1;
	wait->events = 0;
	wait->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (wait->epoll == -1 ||
	    control(wait, EPOLL_CTL_ADD, bus, EPOLLIN | EPOLLET, WAIT_BUS) ==
		-1 ||
	    control(wait, EPOLL_CTL_ADD, ep0, EPOLLIN, WAIT_CONTROL) == -1)
		return -1;
	return control(wait, EPOLL_CTL_ADD, keeper, EPOLLIN, WAIT_KEEPER);
}

int
wait_source(struct wait *wait, int fd, uint32_t events)
{
	int how = wait->source == -1 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	if (fd == wait->source && events == wait->events)
		return 0;
	wait->source = fd;
	wait->events = events;
	/* Its owner has closed it, and closing ends the watch. */
	return fd == -1 ? 0 : control(wait, how, fd, events, WAIT_SOURCE);
}

int
wait_any(struct wait *wait, bool only_look)
{
	struct epoll_event events[4];
	int n = epoll_wait(wait->epoll, events, 4, only_look ? 0 : -1);
	int i, who = 0;

	if (n == -1 && errno != EINTR)
		return -1;
	for (i = 0; i < n; i++)
		who |= (int)events[i].data.u32;
	return who;
}
