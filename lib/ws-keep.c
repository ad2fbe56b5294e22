/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The keeper of one connection: see ws-proxy.h.
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

#include "clock.h"
#include "secret.h"
#include "ticket.h"
#include "user.h"
#include "ws-far.h"

#define FAR_MS	1000  /* for a command to end that has closed its socket */
#define TELL_MS 5000  /* ... and whose last line is to be told */
#define EOF_MS	30000 /* for a command to end whose peer is gone */
#define HUP_MS	5000  /* ... and that was told so once more */
#define STOP_MS 2000  /* instead of both, when we are told to end */
#define SITE_MS 10000 /* for the site's command to say yes or no */

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

/* --- who may in ----------------------------------------------------------- */

/* Has somebody told us to end, though we have not yet heard it? */
static bool
is_being_stopped(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGTERM) || sigismember(&set, SIGINT));
}

/* Kill it if it takes too long. Returns whether it said yes. */
static bool
wait_for_site(pid_t pid)
{
	int64_t end = clock_ms() + SITE_MS;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_ms() > end || is_being_stopped())
			kill(-pid, SIGKILL);
		poll(NULL, 0, 10);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/*
 * Ask the site's own command, which reads the request as it came: what may be
 * a secret is in no process list and no environment.
 */
static bool
ask_site(const struct ws_wish *wish)
{
	int block = secret_to_fd(wish->block, wish->block_len);
	pid_t pid;

	if (block == -1)
		return false;
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		signal(SIGPIPE, SIG_DFL);
		sigprocmask(SIG_SETMASK, &keeper.mask, NULL);
		setenv("VM_WS_PATH", wish->path, 1);
		setenv("VM_WS_PEER", wish->peer, 1);
		if (dup2(block, STDIN_FILENO) == -1 ||
		    dup2(STDERR_FILENO, STDOUT_FILENO) == -1)
			_exit(EX_OSERR);
		execl("/bin/sh", "sh", "-c", keeper.o->authoriser, (char *)0);
		_exit(EX_OSERR);
	}
	close(block);
	return pid > 0 && wait_for_site(pid);
}

static bool
has_ticket(struct ws_wish *wish)
{
	const char *dir = keeper.o->tickets, *path = wish->path;
	const char *resume = wish->resume[0] != '\0' ? wish->resume : NULL;

	if (dir == NULL)
		return false;
	return (wish->ticket[0] != '\0' &&
		   ticket_use(dir, wish->ticket, path, resume, wish->ended)) ||
	       (resume != NULL &&
		   ticket_use(dir, resume, path, NULL, wish->ended));
}

/* Sets the answer's status, and what it is for. */
static void
judge(struct ws_wish *wish, struct ws_leave *leave)
{
	const struct ws_options *o = keeper.o;

	leave->was_checked = o->tickets != NULL || o->authoriser != NULL;
	if (!leave->was_checked || has_ticket(wish) ||
	    (o->authoriser != NULL && ask_site(wish)))
		return;
	leave->status = 403;
	strcpy(leave->why,
	    o->tickets != NULL
		? "no ticket, or one that is not good here, or no more"
		: "the site says no");
}

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

/* --- messages ------------------------------------------------------------- */

static void
answer_wish(struct ws_wish *wish)
{
	static struct ws_message m;

	memset(&m, 0, sizeof(m));
	m.kind = WS_LEAVE;
	if (!keeper.o->is_client)
		judge(wish, &m.u.leave);
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
	int fds[2];

	if (ws_message_receive(keeper.talk, &m, fds) == -1) {
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
	while (keeper.talker != 0)
		step(keeper.answer_at != 0 ? 50 : 1000);
	if (keeper.talk != -1)
		hear_talker();
	end_far();
	return keeper.talker_status;
}
