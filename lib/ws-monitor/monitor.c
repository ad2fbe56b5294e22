/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "ws-monitor/authorize.h"
#include "ws-monitor/backend.h"
#include "ws-monitor/credentials.h"
#include "ws-monitor/monitor.h"
#include "ws/log.h"
#include "ws/message.h"
#include "ws/worker.h"

#define END_MS	 1000  /* for a command that closed its socket to end, ... */
#define LINE_MS	 5000  /* ... or this long if the peer gets its last line */
#define EOF_MS	 30000 /* for a command that read end of file to end, ... */
#define HUP_MS	 5000  /* ... and this long after SIGHUP to it */
#define STOP_MS	 2000  /* in place of both, when we are told to stop */
#define LEAVE_MS 7000  /* for the worker to end, when we are told to stop */

static struct monitor {
	const struct ws_options *o;
	struct ws_place *place;
	const char *peer; /* whose connection it is */
	sigset_t mask;	  /* the signal mask that we were started with */
	int signals;
	int pair;     /* our end of the socket pair; -1: closed */
	int watch;    /* when it is readable, the client must leave; -1: none */
	pid_t worker; /* 0: it has ended */
	int worker_status;
	struct ws_backend backend;
	bool is_open;	      /* we have opened the backend */
	bool has_requested;   /* the worker asked us to open it */
	bool has_signed;      /* we have signed for the worker */
	bool is_stopped;      /* we were told to stop */
	struct ws_reason why; /* the worker's guess why the backend ended */
	int64_t answer_at; /* ms: when to answer it at the latest; 0: never */
	int64_t kill_at; /* ms: when to kill the worker of a stopped monitor */
} monitor;

/* --- the worker ----------------------------------------------------------- */

static pid_t
start_worker(const struct ws_options *o, int in, int out, const char *peer)
{
	const struct timeval limit = {5, 0};
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1 ||
	    (pid = fork()) == -1)
		err(EX_OSERR, "unable to start a worker");
	monitor.pair = pair[0];
	/* If the worker does not read, we must not wait for it. */
	setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (pid == 0) {
		close(pair[0]);
		close(monitor.signals);
		ws_credentials_forget_keys();
		_exit(ws_worker_run(o, pair[1], in, out, peer));
	}
	close(pair[1]);
	return pid;
}

/* --- messages ------------------------------------------------------------- */

/*
 * A peer that has taken over the worker must not take over the monitor, too.
 * Terminate the strings of the request, and limit its length.
 */
static void
bound_request(struct ws_open_request *r)
{
	char *const strings[] = {r->path, r->query, r->origin, r->peer,
	    r->protocol, r->ticket, r->resume};
	const size_t sizes[] = {sizeof(r->path), sizeof(r->query),
	    sizeof(r->origin), sizeof(r->peer), sizeof(r->protocol),
	    sizeof(r->ticket), sizeof(r->resume)};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		strings[i][sizes[i] - 1] = '\0';
	if (r->block_len > sizeof(r->block))
		r->block_len = sizeof(r->block);
}

static void
refuse(struct ws_open_reply *reply, const char *why)
{
	reply->status = 503;
	reply->is_busy = true;
	snprintf(reply->why, sizeof(reply->why), "%s", why);
}

/*
 * May the client in? With a `resume` word, the tickets are checked before the
 * limits, because other clients must not shut out one that comes back to its
 * medium. Without such a word, the limits are checked first, because the check
 * uses up the ticket.
 */
static void
decide(struct ws_open_request *request, struct ws_open_reply *reply,
    struct ticket_grant *grant)
{
	const char *why;

	bound_request(request);
	if (monitor.place != NULL && strcmp(request->peer, monitor.peer) != 0)
		inet_peer_network(request->peer, monitor.place->client);
	if (request->resume[0] == '\0' &&
	    !admission_may_open(request->peer, false, &why)) {
		refuse(reply, why);
	} else {
		monitor.watch = ws_authorize(
		    monitor.o, &monitor.mask, request, reply, grant);
		if (reply->status == 0 &&
		    !admission_may_open(request->peer, grant->is_back, &why))
			refuse(reply, why);
	}
	reply->is_quiet =
	    reply->status != 0 && !admission_may_log(request->peer);
}

/* Open the backend if the client may in. */
static void
take_request(struct ws_open_request *request)
{
	const struct ws_options *o = monitor.o;
	static struct ws_message m;
	struct ticket_grant grant = {.ended = ""};
	int opened;

	memset(&m, 0, sizeof(m));
	m.kind = WS_OPEN_REPLY;
	if (!o->is_client)
		decide(request, &m.u.reply, &grant);
	if (m.u.reply.status == 0) {
		opened = ws_backend_open(&monitor.backend, o,
		    o->is_client ? NULL : request, &grant, &monitor.mask);
		if (opened == -1) {
			m.u.reply.status = 503;
			strcpy(m.u.reply.why, "the backend can't be reached");
			warn("unable to reach %s",
			    o->socket != NULL ? o->socket : "the backend");
		}
	}
	if (m.u.reply.status != 0) {
		ws_message_send(monitor.pair, &m, NULL);
		return;
	}
	if (monitor.place != NULL)
		monitor.place->stage = WS_OPEN;
	monitor.is_open = true;
	ws_message_send(monitor.pair, &m, monitor.backend.fds);
	ws_backend_close_fds(&monitor.backend);
}

static void
send_reason(const struct ws_reason *why)
{
	struct ws_message m = {.kind = WS_REASON};

	m.u.reason = *why;
	ws_message_send(monitor.pair, &m, NULL);
}

static void
send_state(const char text[WS_STATE_MAX])
{
	struct ws_message m = {.kind = WS_STATE};

	/* A worker that is told to stop reads no more of our messages. */
	if (monitor.is_stopped || monitor.worker == 0)
		return;
	snprintf(m.u.state, sizeof(m.u.state), "%s", text);
	ws_message_send(monitor.pair, &m, NULL);
}

/* Tell the worker how the backend has ended, once we know it or the wait is
 * over. */
static void
answer_backend_end(void)
{
	struct ws_reason why = monitor.why;

	if (monitor.answer_at == 0 ||
	    ((monitor.backend.pid != 0 || monitor.backend.log != -1) &&
		clock_ms() < monitor.answer_at))
		return;
	monitor.answer_at = 0;
	ws_backend_reason(&monitor.backend, monitor.o, &why);
	send_reason(&why);
}

/*
 * The WebSocket has ended, and the backend will read end of file. If the peer
 * ended it on purpose, SIGURG tells the command so. A command that does not ask
 * for this signal ignores it.
 */
static void
take_end(const struct ws_end *end)
{
	const struct ws_reason go_on = {0, ""};

	if (monitor.place != NULL)
		monitor.place->stage = WS_LEAVING;
	/* Some pages, such as that of jsnbd, close without a code. */
	if (end->by_peer &&
	    (end->code == WS_NORMAL || end->code == WS_NO_CODE) &&
	    monitor.backend.pid > 0)
		kill(-monitor.backend.pid, SIGURG);
	send_reason(&go_on);
}

/*
 * Sign for the worker, once. TLS needs no more, because we do not renegotiate;
 * and a peer that has taken over the worker must not sign for other
 * connections.
 */
static void
take_to_sign(const struct tls_to_sign *what)
{
	static struct ws_message m;
	const struct tls_identity *who = monitor.o->identity;

	if (monitor.has_signed || who == NULL)
		return;
	monitor.has_signed = true;
	memset(&m, 0, sizeof(m));
	m.kind = WS_SIGNATURE;
	m.u.signature.len = tls_sign(who, what, m.u.signature.bytes);
	ws_message_send(monitor.pair, &m, NULL);
}

static void
read_message(void)
{
	static struct ws_message m;

	if (ws_message_receive(monitor.pair, &m, NULL) == -1) {
		close(monitor.pair);
		monitor.pair = -1;
		return;
	}
	switch (m.kind) {
	case WS_SIGN:
		take_to_sign(&m.u.to_sign);
		break;
	case WS_OPEN_REQUEST:
		/* Each worker may ask once, so that it cannot guess tickets. */
		if (monitor.has_requested)
			break;
		monitor.has_requested = true;
		take_request(&m.u.request);
		break;
	case WS_BACKEND_ENDED:
		monitor.answer_at =
		    clock_ms() +
		    (monitor.o->sends_last_line ? LINE_MS : END_MS);
		monitor.why = m.u.reason;
		break;
	case WS_ENDED:
		take_end(&m.u.end);
		break;
	default:
		break;
	}
}

/* --- signals -------------------------------------------------------------- */

static void
reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == monitor.backend.pid)
			ws_backend_reaped(&monitor.backend, status);
		if (pid != monitor.worker)
			continue;
		monitor.worker = 0;
		monitor.worker_status = EX_IOERR;
		if (WIFEXITED(status))
			monitor.worker_status = WEXITSTATUS(status);
		else if (!monitor.is_stopped)
			ws_log("", "the worker was killed");
		else if (monitor.o->is_client)
			ws_log("", "stopped");
	}
}

/* Close the WebSocket for this reason, and end. */
static void
stop(const struct ws_reason *why)
{
	/* Without an open WebSocket there is nothing to close. */
	if (!monitor.is_open && monitor.worker > 0)
		kill(monitor.worker, SIGKILL);
	monitor.is_stopped = true;
	monitor.kill_at = clock_ms() + LEAVE_MS;
	send_reason(why);
}

static void
take_signal(void)
{
	struct ws_reason why = {WS_NORMAL, "stopped"};
	struct signalfd_siginfo s;

	if (read(monitor.signals, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return;
	if (s.ssi_signo == SIGCHLD) {
		reap();
		return;
	}
	if (s.ssi_signo == SIGTERM)
		why = (struct ws_reason){WS_GOING_AWAY, "the proxy is stopped"};
	stop(&why);
}

/* The command of -A lets the client in only until this descriptor is
 * readable. */
static void
end_watch(void)
{
	const struct ws_reason why = {WS_POLICY, "the session has ended"};

	close(monitor.watch);
	monitor.watch = -1;
	stop(&why);
}

static void
catch_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &monitor.mask);
	monitor.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (monitor.signals == -1)
		err(EX_OSERR, "unable to take signals");
}

/* --- the loop ------------------------------------------------------------- */

/* Handle what comes within `wait` milliseconds. */
static void
step(int wait)
{
	struct pollfd f[] = {{monitor.signals, POLLIN, 0},
	    {monitor.pair, POLLIN, 0}, {monitor.backend.log, POLLIN, 0},
	    {monitor.watch, POLLIN, 0}};

	if (poll(f, 4, wait) == -1)
		return;
	if (f[2].revents != 0)
		ws_backend_read_log(&monitor.backend, send_state);
	if (f[0].revents != 0)
		take_signal();
	if (f[1].revents != 0)
		read_message();
	if (f[3].revents != 0)
		end_watch();
	answer_backend_end();
}

/* Wait at most `ms` milliseconds for the command to end. */
static void
wait_for_command(int ms)
{
	int64_t start = clock_ms();

	while (monitor.backend.pid != 0 &&
	       clock_ms() - start < (monitor.is_stopped ? STOP_MS : ms))
		step(100);
}

/* The worker has ended. The command must end, too, after it has read all
 * data. */
static void
end_command(void)
{
	wait_for_command(EOF_MS);
	if (monitor.backend.pid > 0)
		kill(-monitor.backend.pid, SIGHUP);
	wait_for_command(HUP_MS);
	if (monitor.backend.pid > 0)
		kill(-monitor.backend.pid, SIGKILL);
}

int
ws_monitor_run(const struct ws_options *o, int in, int out, const char *peer,
    struct ws_place *place)
{
	memset(&monitor, 0, sizeof(monitor));
	monitor.o = o;
	monitor.place = place;
	monitor.peer = peer;
	monitor.backend.log = -1;
	monitor.watch = -1;
	catch_signals();
	monitor.worker = start_worker(o, in, out, peer);
	if (in != -1) {
		close(in);
		if (out != in)
			close(out);
	}
	while (monitor.worker != 0) {
		step(monitor.answer_at != 0 ? 50 : 1000);
		if (monitor.is_stopped && clock_ms() > monitor.kill_at &&
		    monitor.worker > 0)
			kill(monitor.worker, SIGKILL);
	}
	if (monitor.pair != -1)
		read_message();
	end_command();
	return monitor.worker_status;
}
