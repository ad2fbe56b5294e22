/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/signalfd.h>

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "slot/control.h"
#include "slot/slot.h"

#define LOOK_MAX_MS 5000 /* between two looks if a limit depends on them */

enum {
	POLL_SIGNAL,
	POLL_WATCH,
	POLL_CHILD = POLL_WATCH + WATCH_POLLS,
	POLL_CONTROL = POLL_CHILD + CHILDREN * CHILD_POLLS,
	POLLS = POLL_CONTROL + CONTROL_POLLS
};

/* Returns the longest pause between two looks; 0: without a bound. */
static int
look_max(const struct slot *s)
{
	return s->tick_at != 0 ? LOOK_MAX_MS : 0;
}

/* The shorter of two waiting times; -1 means no limit. */
static int
sooner(int a, int b)
{
	if (a == -1 || b == -1)
		return a == -1 ? b : a;
	return a < b ? a : b;
}

static int
left(const struct slot *s)
{
	int64_t now = clock_ms();
	int ms = -1, i;

	if (s->nevents > 0)
		return 0;
	for (i = 0; i < CHILDREN; i++)
		ms = sooner(ms, child_left(&s->children[i], now));
	for (i = 0; i < 2 && (s->phase & PHASES_LIVE) != 0; i++)
		ms = sooner(ms, restart_left(&s->restart[i], now));
	if ((s->phase & PHASES_MAKE) != 0)
		ms = sooner(ms, s->give_up > now ? (int)(s->give_up - now) : 0);
	ms = sooner(ms, slot_limits_left(s, now));
	ms = sooner(ms, slot_hooks_left(s, now));
	ms = sooner(ms, slot_watchers_left(s, now));
	return sooner(ms, watch_left(&s->watch, now, look_max(s)));
}

static void
wait_for_something(const struct slot *s, int signals)
{
	struct pollfd p[POLLS];
	int i;

	p[POLL_SIGNAL] = (struct pollfd){signals, POLLIN, 0};
	watch_poll(&s->watch, p + POLL_WATCH);
	for (i = 0; i < CHILDREN; i++)
		child_poll(&s->children[i], p + POLL_CHILD + i * CHILD_POLLS);
	control_poll(s->control, p + POLL_CONTROL);
	poll(p, POLLS, left(s));
}

static void
asked(void *slot, const char *request, int client)
{
	slot_asked_for(slot, request, client);
	slot_act(slot); /* before the next request */
}

static void
check_times(struct slot *s)
{
	int64_t now = clock_ms();
	int i;

	if ((s->phase & PHASES_MAKE) != 0 && now >= s->give_up)
		slot_event(s, EVENT_TIMEOUT);
	for (i = 0; i < 2 && (s->phase & PHASES_LIVE) != 0; i++)
		if (restart_left(&s->restart[i], now) == 0)
			slot_restart(s, (enum child_id)i);
	slot_limits_check(s);
	slot_hooks_check(s, now);
	slot_tell_watchers(s);
}

/* Handle one kind of event, with all that follows from it, before the next. */
static void
move(struct slot *s, int signals)
{
	struct signalfd_siginfo info;
	struct look look;
	int i, status;

	for (i = 0; i < CHILDREN; i++) {
		status =
		    child_move(&s->children[i], &s->state, slot_child_heard, s);
		slot_act(s); /* first on what it has said before its end */
		if (status != -1)
			slot_child_ended(s, (enum child_id)i, status);
		slot_act(s);
	}
	if (read(signals, &info, sizeof(info)) == sizeof(info)) {
		slot_say(s, "signal %u arrived: ejecting", info.ssi_signo);
		slot_event(s, EVENT_END);
	}
	if (watch_move(&s->watch, &look, look_max(s)))
		slot_hear_watch(s, &look);
	slot_act(s);
	control_move(s->control, asked, s);
	check_times(s);
	slot_act(s);
	slot_reload(s);
}

int
slot_catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* If our parent ignores SIGCHLD, we would not see a child end. */
	signal(SIGCHLD, SIG_DFL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int
slot_loop(struct slot *s)
{
	int signals = s->signals;

	slot_act(s);
	while (s->phase != PHASE_OVER) {
		wait_for_something(s, signals);
		move(s, signals);
	}
	return s->status;
}
