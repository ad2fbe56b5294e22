/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
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
#include "ws-monitor/admission.h"
#include "ws-monitor/listen.h"
#include "ws-monitor/monitor.h"
#include "ws/handshake.h"
#include "ws/log.h"

#define STOP_MS 12000 /* all monitors must end within this time */

static struct server {
	const struct ws_options *o;
	int listener, signals;
	sigset_t mask; /* the signal mask that we were started with */
	bool is_over;
} server;

/* --- connections ---------------------------------------------------------- */

/* Refuse without waiting: if the answer does not fit, it is not sent. */
static void
turn_away(int fd, const char *peer, const char *why)
{
	char text[1024];
	size_t len = ws_refusal(text, sizeof(text), 503, why);

	if (admission_may_log(peer))
		ws_log(peer, "refused: %s", why);
	if (server.o->identity == NULL)
		send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void __attribute__((noreturn))
serve(int fd, const char *peer, struct ws_place *place)
{
	close(server.listener);
	close(server.signals);
	/* Only the listening process reads certificates again. */
	signal(SIGHUP, SIG_IGN);
	admission_hide();
	sigprocmask(SIG_SETMASK, &server.mask, NULL);
	wire_tune(fd);
	_exit(ws_monitor_run(server.o, fd, fd, peer, place));
}

static void
take_connection(void)
{
	struct ws_place *place, *leaver;
	char peer[INET_PEER_SIZE];
	const char *why;
	pid_t pid;
	int fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return;
	inet_peer_name(fd, peer);
	place = admission_enter(peer, &leaver, &why);
	if (place == NULL) {
		turn_away(fd, peer, why);
		return;
	}
	if (leaver != NULL) {
		leaver->is_sent_away = true;
		kill(leaver->monitor, SIGTERM);
	}
	/* The child shares the place: only this process writes the pid. */
	pid = fork();
	if (pid == 0)
		serve(fd, peer, place);
	if (pid == -1)
		warn("unable to start a monitor");
	else
		place->monitor = pid;
	close(fd);
}

static void
reap(void)
{
	struct ws_place *place;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		place = admission_find(pid);
		if (place == NULL)
			continue;
		place->monitor = 0;
		if (WIFEXITED(status) && WEXITSTATUS(status) == EX_NOPERM &&
		    place->stage == WS_ARRIVING)
			admission_note_failure(place);
	}
}

static void
send_signal(pid_t monitor, int signal)
{
	kill(monitor, signal);
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
		admission_each(send_signal, (int)s.ssi_signo);
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
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &server.mask);
	server.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (admission_start(limits) == -1 || server.signals == -1)
		err(EX_OSERR, "unable to start the server");
	/* If the client is gone already, accept(2) must not block. */
	fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
}

/* Remove the path at once, because another server may use it soon. */
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
	while (!server.is_over ||
	       (admission_each(NULL, 0) > 0 && clock_ms() < end)) {
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
	admission_each(send_signal, SIGKILL);
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
