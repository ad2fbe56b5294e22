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
#include "tls/connection.h"
#include "unix/inet.h"
#include "ws-monitor/listen.h"
#include "ws-monitor/monitor.h"
#include "ws/handshake.h"
#include "ws/log.h"

#define STOP_MS	     12000 /* for all monitors to end when they are told to */
#define PEER_DEFAULT 2
#define LEAVING	     2	   /* times the limit: connections that are ending */
#define FAILURES_MAX 5	   /* of one peer, each less than ... */
#define FAILURES_MS  30000 /* ... after the one before: it is barred so long */
#define OFFENDERS    64	   /* peers whose failures are remembered */

#define STAGES_SIZE (WS_CONNECTIONS_MAX * sizeof(enum ws_stage))

struct connection {
	pid_t monitor; /* 0: this entry is free */
	char peer[INET_PEER_SIZE];
};

struct offender {
	char peer[INET_PEER_SIZE];
	unsigned count; /* of failures in a row */
	int64_t at;	/* ms: the last one */
};

static struct server {
	const struct ws_options *o;
	struct ws_limits limits;
	int listener, signals;
	sigset_t mask; /* the signal mask that we were started with */
	struct connection connections[WS_CONNECTIONS_MAX];
	volatile enum ws_stage *stages; /* of each; shared with its monitor */
	struct offender offenders[OFFENDERS];
	bool is_over;
} server;

/* --- limits --------------------------------------------------------------- */

/* The record of a peer's failures; the oldest one is reused where it has none. */
static struct offender *
failures_of(const char *peer)
{
	struct offender *oldest = server.offenders, *f;

	for (f = server.offenders; f < server.offenders + OFFENDERS; f++) {
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
	struct offender *f;

	for (f = server.offenders; f < server.offenders + OFFENDERS; f++)
		if (strcmp(f->peer, peer) == 0)
			return f->count >= FAILURES_MAX &&
			       clock_ms() - f->at < FAILURES_MS;
	return false;
}

static void
note_failure(const char *peer)
{
	struct offender *f;
	int64_t now = clock_ms();

	/* A web server on this machine stands for all of its clients. */
	if (inet_is_this_machine(peer))
		return;
	f = failures_of(peer);
	if (now - f->at > FAILURES_MS)
		f->count = 0;
	f->at = now;
	f->count++;
}

/* Returns why the peer is refused; or NULL, and a free entry in *free. */
static const char *
limit(const char *peer, struct connection **free)
{
	unsigned count[] = {[WS_ARRIVING] = 0, [WS_OPEN] = 0, [WS_LEAVING] = 0};
	unsigned same = 0, i, max = server.limits.peer;

	*free = NULL;
	for (i = 0; i < WS_CONNECTIONS_MAX; i++) {
		if (server.connections[i].monitor == 0) {
			*free = *free != NULL ? *free : &server.connections[i];
			continue;
		}
		count[server.stages[i]]++;
		if (server.stages[i] == WS_ARRIVING &&
		    strcmp(server.connections[i].peer, peer) == 0)
			same++;
	}
	/* Clients that have shown nothing yet must not take the places of
	 * those that can; nor must the few that are leaving. */
	if (count[WS_OPEN] >= server.limits.all ||
	    count[WS_ARRIVING] >= server.limits.all ||
	    count[WS_LEAVING] >= LEAVING * server.limits.all || *free == NULL)
		return "too many connections";
	if (max == 0)
		max = inet_is_this_machine(peer) ? WS_CONNECTIONS_MAX
						 : PEER_DEFAULT;
	if (same >= max)
		return "too many connections from this address";
	return is_barred(peer) ? "too many failures from this address" : NULL;
}

/* --- connections ---------------------------------------------------------- */

/* Refuse without waiting: an answer that does not fit is not sent. */
static void
turn_away(int fd, const char *peer, const char *why)
{
	char text[1024];
	size_t len = ws_refusal(text, sizeof(text), 503, why);

	ws_log(peer, "refused: %s", why);
	if (server.o->identity == NULL)
		send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void
take_connection(void)
{
	struct connection *c;
	char peer[INET_PEER_SIZE];
	const char *why;
	size_t i;
	int fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return;
	inet_peer_name(fd, peer);
	why = limit(peer, &c);
	if (why != NULL) {
		turn_away(fd, peer, why);
		return;
	}
	i = (size_t)(c - server.connections);
	server.stages[i] = WS_ARRIVING;
	strcpy(c->peer, peer);
	c->monitor = fork();
	if (c->monitor == 0) {
		close(server.listener);
		close(server.signals);
		/* Only the listening process reads certificates again. */
		signal(SIGHUP, SIG_IGN);
		/* The worker must not write to what we count by. */
		madvise((void *)server.stages, STAGES_SIZE, MADV_DONTFORK);
		sigprocmask(SIG_SETMASK, &server.mask, NULL);
		wire_tune(fd);
		_exit(
		    ws_monitor_run(server.o, fd, fd, peer, &server.stages[i]));
	}
	if (c->monitor == -1) {
		c->monitor = 0;
		warn("unable to start a monitor");
	}
	close(fd);
}

static void
reap(void)
{
	struct connection *c;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (c = server.connections;
		     c < server.connections + WS_CONNECTIONS_MAX; c++) {
			if (c->monitor != pid)
				continue;
			c->monitor = 0;
			if (WIFEXITED(status) &&
			    WEXITSTATUS(status) == EX_NOPERM &&
			    server.stages[c - server.connections] ==
				WS_ARRIVING)
				note_failure(c->peer);
		}
}

static unsigned
tell_all(int signal)
{
	unsigned i, count = 0;

	for (i = 0; i < WS_CONNECTIONS_MAX; i++)
		if (server.connections[i].monitor > 0) {
			count++;
			if (signal != 0)
				kill(server.connections[i].monitor, signal);
		}
	return count;
}

static void
take_signal(void (*reload)(void))
{
	struct signalfd_siginfo s;

	if (read(server.signals, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return;
	if (s.ssi_signo == SIGCHLD) {
		reap();
	} else if (s.ssi_signo == SIGHUP) {
		reload();
	} else {
		server.is_over = true;
		tell_all((int)s.ssi_signo);
	}
}

/* --- the server ----------------------------------------------------------- */

static void
start_server(
    const struct ws_options *o, int listener, const struct ws_limits *limits)
{
	sigset_t set;

	server.o = o;
	server.listener = listener;
	server.limits = *limits;
	server.stages = mmap(NULL, STAGES_SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &server.mask);
	server.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if ((void *)server.stages == MAP_FAILED || server.signals == -1)
		err(EX_OSERR, "unable to start the server");
	/* A client that is gone before we accept must not block us. */
	fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
}

/* Remove the path at once: a later server may soon use it. */
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

	start_server(o, listener, limits);
	while (!server.is_over || (tell_all(0) > 0 && clock_ms() < end)) {
		f[0] = (struct pollfd){server.signals, POLLIN, 0};
		f[1] = (struct pollfd){
		    server.is_over ? -1 : server.listener, POLLIN, 0};
		if (poll(f, 2, server.is_over ? 100 : -1) == -1)
			continue;
		if (f[0].revents != 0)
			take_signal(reload);
		if (server.is_over && end == 0) {
			stop_listening(server.listener, where);
			end = clock_ms() + STOP_MS;
		} else if (f[1].revents != 0) {
			take_connection();
		}
	}
	tell_all(SIGKILL);
	return 0;
}

int
ws_accept_one(const struct ws_options *o, int listener, const char *where)
{
	char peer[INET_PEER_SIZE];
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) == -1)
		if (errno != EINTR && errno != ECONNABORTED)
			err(EX_OSERR, "unable to accept a connection");
	stop_listening(listener, where);
	inet_peer_name(fd, peer);
	wire_tune(fd);
	return ws_monitor_run(o, fd, fd, peer, NULL);
}
