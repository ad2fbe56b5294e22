/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "ws-monitor/listen.h"

#define STOP_MS	     12000 /* for all to end that are told to */
#define PEER_DEFAULT 2
#define LEAVING	     2	   /* times as many may be on their way out */
#define WAITING	     4	   /* times as many may be on their way in */
#define FAILURES_MAX 5	   /* of one peer, in a row, */
#define FAILURES_MS  30000 /* ... each so soon after the one before, bar it */
#define FAILERS	     64	   /* peers that are remembered for that */

#define STAGES_SIZE (WS_CONNECTIONS_MAX * sizeof(enum ws_stage))

struct guest {
	pid_t pid; /* of its keeper; 0: free */
	char peer[WS_PEER_SIZE];
};

struct failer {
	char peer[WS_PEER_SIZE];
	unsigned count;
	int64_t at; /* ms: the last one */
};

static struct door {
	const struct ws_options *o;
	struct ws_limits limits;
	int listener, signals;
	sigset_t mask; /* as it was before us */
	struct guest guests[WS_CONNECTIONS_MAX];
	volatile enum ws_stage *stages; /* of each; shared with its keeper */
	struct failer failers[FAILERS];
	bool is_over;
} door;

/* --- limits --------------------------------------------------------------- */

/* The failures of that peer; a record for it, where there is none. */
static struct failer *
failures_of(const char *peer)
{
	struct failer *oldest = door.failers, *f;

	for (f = door.failers; f < door.failers + FAILERS; f++) {
		if (strcmp(f->peer, peer) == 0)
			return f;
		if (f->at < oldest->at)
			oldest = f;
	}
	memset(oldest, 0, sizeof(*oldest));
	strcpy(oldest->peer, peer);
	return oldest;
}

static bool
is_barred(const char *peer)
{
	struct failer *f;

	for (f = door.failers; f < door.failers + FAILERS; f++)
		if (strcmp(f->peer, peer) == 0)
			return f->count >= FAILURES_MAX &&
			       clock_ms() - f->at < FAILURES_MS;
	return false;
}

static void
note_failure(const char *peer)
{
	struct failer *f;
	int64_t now = clock_ms();

	/* A web server before us speaks for others, too. */
	if (ws_is_this_machine(peer))
		return;
	f = failures_of(peer);
	if (now - f->at > FAILURES_MS)
		f->count = 0;
	f->at = now;
	f->count++;
}

/* Why that peer can't come in now; NULL: it can, as *free. */
static const char *
limit(const char *peer, struct guest **free)
{
	unsigned count[] = {[WS_AT_DOOR] = 0, [WS_IN] = 0, [WS_LEAVING] = 0};
	unsigned same = 0, i, max = door.limits.peer;

	*free = NULL;
	for (i = 0; i < WS_CONNECTIONS_MAX; i++) {
		if (door.guests[i].pid == 0) {
			*free = *free != NULL ? *free : &door.guests[i];
			continue;
		}
		count[door.stages[i]]++;
		if (door.stages[i] == WS_AT_DOOR &&
		    strcmp(door.guests[i].peer, peer) == 0)
			same++;
	}
	/* Who has shown nothing shall not take the places of those who can,
	 * and neither shall who is about to go, while they are few. */
	if (count[WS_IN] >= door.limits.all ||
	    count[WS_AT_DOOR] >= door.limits.all ||
	    count[WS_LEAVING] >= LEAVING * door.limits.all || *free == NULL)
		return "too many connections";
	if (max == 0)
		max = ws_is_this_machine(peer) ? WS_CONNECTIONS_MAX
					       : PEER_DEFAULT;
	if (same >= max)
		return "too many connections from there";
	return is_barred(peer) ? "too many failures from there" : NULL;
}

/* --- guests --------------------------------------------------------------- */

/* Without a wait for anything: what does not fit is not said. */
static void
turn_away(int fd, const char *peer, const char *why)
{
	char text[1024];
	size_t len = ws_refusal(text, sizeof(text), 503, why);

	ws_say(peer, "refused: %s", why);
	if (door.o->identity == NULL)
		send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void
take_guest(void)
{
	struct guest *g;
	char peer[WS_PEER_SIZE];
	const char *why;
	size_t i;
	int fd = accept4(door.listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return;
	ws_peer_name(fd, peer);
	why = limit(peer, &g);
	if (why != NULL) {
		turn_away(fd, peer, why);
		return;
	}
	i = (size_t)(g - door.guests);
	door.stages[i] = WS_AT_DOOR;
	strcpy(g->peer, peer);
	g->pid = fork();
	if (g->pid == 0) {
		close(door.listener);
		close(door.signals);
		/* To read a certificate again is our business alone. */
		signal(SIGHUP, SIG_IGN);
		/* What we count by is not for its talker to write to. */
		madvise((void *)door.stages, STAGES_SIZE, MADV_DONTFORK);
		sigprocmask(SIG_SETMASK, &door.mask, NULL);
		wire_tune(fd);
		_exit(ws_keep(door.o, fd, fd, peer, &door.stages[i]));
	}
	if (g->pid == -1) {
		g->pid = 0;
		warn("unable to start a process");
	}
	close(fd);
}

static void
reap(void)
{
	struct guest *g;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (g = door.guests; g < door.guests + WS_CONNECTIONS_MAX;
		     g++) {
			if (g->pid != pid)
				continue;
			g->pid = 0;
			if (WIFEXITED(status) &&
			    WEXITSTATUS(status) == EX_NOPERM &&
			    door.stages[g - door.guests] == WS_AT_DOOR)
				note_failure(g->peer);
		}
}

static unsigned
tell_all(int signal)
{
	unsigned i, count = 0;

	for (i = 0; i < WS_CONNECTIONS_MAX; i++)
		if (door.guests[i].pid > 0) {
			count++;
			if (signal != 0)
				kill(door.guests[i].pid, signal);
		}
	return count;
}

static void
hear_signal(void (*reload)(void))
{
	struct signalfd_siginfo s;

	if (read(door.signals, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return;
	if (s.ssi_signo == SIGCHLD) {
		reap();
	} else if (s.ssi_signo == SIGHUP) {
		reload();
	} else {
		door.is_over = true;
		tell_all((int)s.ssi_signo);
	}
}

/* --- the door ------------------------------------------------------------- */

static void
open_door(
    const struct ws_options *o, int listener, const struct ws_limits *limits)
{
	sigset_t set;

	door.o = o;
	door.listener = listener;
	door.limits = *limits;
	door.stages = mmap(NULL, STAGES_SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &door.mask);
	door.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if ((void *)door.stages == MAP_FAILED || door.signals == -1)
		err(EX_OSERR, "unable to begin");
	/* Who has gone again before we accept must not hold us up. */
	fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
}

/* At once: what has its path after that may be another's. */
static void
stop_listening(int listener, const char *where)
{
	if (where != NULL && where[0] == '/')
		unlink(where);
	close(listener);
}

int
ws_accept_all(const struct ws_options *o, int listener, const char *where,
    const struct ws_limits *limits, void (*reload)(void))
{
	struct pollfd f[2];
	int64_t end = 0;

	open_door(o, listener, limits);
	while (!door.is_over || (tell_all(0) > 0 && clock_ms() < end)) {
		f[0] = (struct pollfd){door.signals, POLLIN, 0};
		f[1] = (struct pollfd){
		    door.is_over ? -1 : door.listener, POLLIN, 0};
		if (poll(f, 2, door.is_over ? 100 : -1) == -1)
			continue;
		if (f[0].revents != 0)
			hear_signal(reload);
		if (door.is_over && end == 0) {
			stop_listening(door.listener, where);
			end = clock_ms() + STOP_MS;
		} else if (f[1].revents != 0) {
			take_guest();
		}
	}
	tell_all(SIGKILL);
	return 0;
}

int
ws_accept_one(const struct ws_options *o, int listener, const char *where)
{
	char peer[WS_PEER_SIZE];
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) == -1)
		if (errno != EINTR && errno != ECONNABORTED)
			err(EX_OSERR, "unable to accept a connection");
	stop_listening(listener, where);
	ws_peer_name(fd, peer);
	wire_tune(fd);
	return ws_keep(o, fd, fd, peer, NULL);
}
