/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The keeper of one connection: see ws/proxy.h.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
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
#include "unix/privileges.h"
#include "ws-monitor/authorize.h"
#include "ws-monitor/backend.h"

#define FAR_MS	 1000  /* for a command to end that has closed its socket */
#define TELL_MS	 5000  /* ... and whose last line is to be told */
#define EOF_MS	 30000 /* for a command to end whose peer is gone */
#define HUP_MS	 5000  /* ... and that was told so once more */
#define STOP_MS	 2000  /* instead of both, when we are told to end */
#define LEAVE_MS 7000  /* for a talker to end that was told to */

static struct keeper {
	const struct ws_options *o;
	volatile enum ws_stage *stage;
	sigset_t mask; /* as it was before us */
	int signals;
	int talk;     /* our end of the pair */
	pid_t talker; /* 0: it has ended */
	int talker_status;
	struct ws_far far;
	bool is_open;	      /* the far side */
	bool has_wished;      /* the talker, for it */
	bool is_stopped;      /* we were told to end */
	struct ws_reason why; /* it has ended, as its talker has seen it */
	int64_t answer_at;    /* ms: when its end is told at the latest; 0 */
	int64_t kill_at;      /* ms: when a talker that was told to end must */
} keeper;

/* --- the talker ----------------------------------------------------------- */

/*
 * Whoever reads what strangers send has no rights to lose: it can become nobody
 * else, and starts no process.
 */
static void
drop_privileges(const struct ws_options *o)
{
	const struct rlimit none = {0, 0};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_NPROC, &none);
	if (become_user(o->user) == -1)
		err(errno == ENOENT ? EX_NOUSER : EX_OSERR,
		    "unable to run as the user for it (vmedia, nobody or -u)");
}

static pid_t
start_talker(const struct ws_options *o, int in, int out, const char *peer)
{
	const struct timeval limit = {5, 0};
	int pair[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1 ||
	    (pid = fork()) == -1)
		err(EX_OSERR, "unable to start a process");
	keeper.talk = pair[0];
	/* One that does not listen shall not hold us up. */
	setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (pid == 0) {
		close(pair[0]);
		close(keeper.signals);
		drop_privileges(o);
		status = o->is_client ? ws_dial(o, pair[1])
				      : ws_serve(o, pair[1], in, out, peer);
		_exit(status);
	}
	close(pair[1]);
	return pid;
}

/* --- messages ------------------------------------------------------------- */

/*
 * Whoever has taken a talker over shall not have the keeper as well: strings
 * end, and lengths are within bounds.
 */
static void
bound_wish(struct ws_wish *wish)
{
	char *const strings[] = {wish->path, wish->query, wish->origin,
	    wish->peer, wish->protocol, wish->ticket, wish->resume};
	const size_t sizes[] = {sizeof(wish->path), sizeof(wish->query),
	    sizeof(wish->origin), sizeof(wish->peer), sizeof(wish->protocol),
	    sizeof(wish->ticket), sizeof(wish->resume)};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		strings[i][sizes[i] - 1] = '\0';
	wish->ended[0] = '\0';
	if (wish->block_len > sizeof(wish->block))
		wish->block_len = sizeof(wish->block);
}

static void
answer_wish(struct ws_wish *wish)
{
	static struct ws_message m;

	memset(&m, 0, sizeof(m));
	m.kind = WS_LEAVE;
	if (!keeper.o->is_client)
		ws_admit(keeper.o, &keeper.mask, wish, &m.u.leave);
	if (m.u.leave.status == 0 &&
	    ws_far_open(&keeper.far, keeper.o,
		keeper.o->is_client ? NULL : wish, &keeper.mask) == -1) {
		m.u.leave.status = 503;
		strcpy(m.u.leave.why, "the far side can't be reached");
		warn("unable to reach %s", keeper.o->socket != NULL
					       ? keeper.o->socket
					       : "the far side");
	}
	if (m.u.leave.status != 0) {
		ws_message_send(keeper.talk, &m, NULL);
		return;
	}
	if (keeper.stage != NULL)
		*keeper.stage = WS_IN;
	keeper.is_open = true;
	ws_message_send(keeper.talk, &m, keeper.far.fds);
	ws_far_handed(&keeper.far);
}

static void
tell_reason(const struct ws_reason *why)
{
	struct ws_message m = {.kind = WS_REASON};

	m.u.reason = *why;
	ws_message_send(keeper.talk, &m, NULL);
}

/* The far side has ended: say how, as soon as that is known. */
static void
answer_far_end(void)
{
	struct ws_reason why = keeper.why;

	if (keeper.answer_at == 0 ||
	    ((keeper.far.pid != 0 || keeper.far.said != -1) &&
		clock_ms() < keeper.answer_at))
		return;
	keeper.answer_at = 0;
	ws_far_reason(&keeper.far, keeper.o, &why);
	tell_reason(&why);
}

/*
 * The peer is gone, and the far side is about to read the end of what it sent.
 * Whether that was meant, an end of file can't tell: SIGURG, which does nothing
 * to a command that does not ask for it, says that it was.
 */
static void
take_end(const struct ws_end *end)
{
	const struct ws_reason read_on = {0, ""};

	if (keeper.stage != NULL)
		*keeper.stage = WS_LEAVING;
	/* (Pages that are not ours, jsnbd's among them, close without a code.) */
	if (end->by_peer &&
	    (end->code == WS_NORMAL || end->code == WS_NO_CODE) &&
	    keeper.far.pid > 0)
		kill(-keeper.far.pid, SIGURG);
	tell_reason(&read_on);
}

static void
hear_talker(void)
{
	static struct ws_message m;

	if (ws_message_receive(keeper.talk, &m, NULL) == -1) {
		close(keeper.talk);
		keeper.talk = -1;
		return;
	}
	switch (m.kind) {
	case WS_WISH:
		/* One each: the site is not asked again and again. */
		if (keeper.has_wished)
			break;
		keeper.has_wished = true;
		bound_wish(&m.u.wish);
		answer_wish(&m.u.wish);
		break;
	case WS_FAR_ENDED:
		keeper.answer_at =
		    clock_ms() + (keeper.o->tells ? TELL_MS : FAR_MS);
		keeper.why = m.u.reason;
		break;
	case WS_END:
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
		if (pid == keeper.far.pid)
			ws_far_reaped(&keeper.far, status);
		if (pid != keeper.talker)
			continue;
		keeper.talker = 0;
		keeper.talker_status = EX_IOERR;
		if (WIFEXITED(status))
			keeper.talker_status = WEXITSTATUS(status);
		else if (!keeper.is_stopped)
			ws_say("", "the process that talks was killed");
		else if (keeper.o->is_client)
			ws_say("", "stopped");
	}
}

static void
hear_signal(void)
{
	struct ws_reason why = {WS_NORMAL, "stopped"};
	struct signalfd_siginfo s;

	if (read(keeper.signals, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return;
	if (s.ssi_signo == SIGCHLD) {
		reap();
		return;
	}
	/* One that has not said hello need not say goodbye. */
	if (!keeper.is_open && keeper.talker > 0)
		kill(keeper.talker, SIGKILL);
	keeper.is_stopped = true;
	keeper.kill_at = clock_ms() + LEAVE_MS;
	if (s.ssi_signo == SIGTERM)
		why = (struct ws_reason){WS_GOING_AWAY, "the proxy is stopped"};
	tell_reason(&why);
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
	sigprocmask(SIG_BLOCK, &set, &keeper.mask);
	keeper.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (keeper.signals == -1)
		err(EX_OSERR, "unable to take signals");
}

/* --- the loop ------------------------------------------------------------- */

/* Wait for what comes, `wait` milliseconds at most. */
static void
step(int wait)
{
	struct pollfd f[] = {{keeper.signals, POLLIN, 0},
	    {keeper.talk, POLLIN, 0}, {keeper.far.said, POLLIN, 0}};

	if (poll(f, 3, wait) == -1)
		return;
	if (f[2].revents != 0)
		ws_far_hear(&keeper.far);
	if (f[0].revents != 0)
		hear_signal();
	if (f[1].revents != 0)
		hear_talker();
	answer_far_end();
}

/* Until the command has ended, so many milliseconds at most. */
static void
wait_for_command(int ms)
{
	int64_t start = clock_ms();

	while (keeper.far.pid != 0 &&
	       clock_ms() - start < (keeper.is_stopped ? STOP_MS : ms))
		step(100);
}

/* The talker is gone: so goes the far side, once it has read all. */
static void
end_far(void)
{
	wait_for_command(EOF_MS);
	if (keeper.far.pid > 0)
		kill(-keeper.far.pid, SIGHUP);
	wait_for_command(HUP_MS);
	if (keeper.far.pid > 0)
		kill(-keeper.far.pid, SIGKILL);
}

int
ws_keep(const struct ws_options *o, int in, int out, const char *peer,
    volatile enum ws_stage *stage)
{
	memset(&keeper, 0, sizeof(keeper));
	keeper.o = o;
	keeper.stage = stage;
	keeper.far.said = -1;
	catch_signals();
	keeper.talker = start_talker(o, in, out, peer);
	if (in != -1) {
		close(in);
		if (out != in)
			close(out);
	}
	while (keeper.talker != 0) {
		step(keeper.answer_at != 0 ? 50 : 1000);
		if (keeper.is_stopped && clock_ms() > keeper.kill_at &&
		    keeper.talker > 0)
			kill(keeper.talker, SIGKILL);
	}
	if (keeper.talk != -1)
		hear_talker();
	end_far();
	return keeper.talker_status;
}
