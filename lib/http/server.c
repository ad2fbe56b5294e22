/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/output.h"
#include "http/server.h"
#include "unix/activation.h"
#include "unix/places.h"
#include "unix/privileges.h"
#include "unix/sandbox.h"
#include "unix/sd-notify.h"
#include "unix/socket.h"

/* --- the beginning -------------------------------------------------------- */

/* Returns the listening socket; or -1 and why. *is_given: systemd has passed
 * it, so its path need not be printed. */
static int
begin_listening(const struct http_server *s, bool *is_given, struct failure *f)
{
	const struct group *group = NULL;
	int fd = activation_socket();

	*is_given = fd != -1;
	if (*is_given)
		return fd;
	if (s->group != NULL) {
		group = getgrnam(s->group);
		if (group == NULL)
			return fail(f, EX_NOUSER,
			    "unable to find the group %s: use -g", s->group);
	}
	fd = listen_unix(s->socket);
	if (fd == -1)
		return fail_errno(f,
		    errno == EADDRINUSE ? EX_TEMPFAIL : EX_CANTCREAT,
		    "unable to listen at %s, use -s for another", s->socket);
	if (group != NULL &&
	    (chown(s->socket, (uid_t)-1, group->gr_gid) == -1 ||
		chmod(s->socket, 0660) == -1)) {
		fail_errno(f, EX_NOPERM, "unable to let the group %s use %s",
		    s->group, s->socket);
		close(fd);
		return -1;
	}
	return fd;
}

int
http_give_up_rights(const struct http_server *s, struct failure *f)
{
	const struct rlimit no_core = {0, 0};

	if (become_user(s->user) == -1)
		return fail_errno(f, errno == ENOENT ? EX_NOUSER : EX_OSERR,
		    "unable to become user %s, use -u for another", s->user);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	if (sandbox_enter_local() == -1 && !sandbox_is_missing(errno))
		return fail_errno(f, EX_OSERR, "unable to enter the sandbox");
	return 0;
}

/* --- the loop ------------------------------------------------------------- */

/* Returns the number of new processes: 0 or 1. */
static unsigned
take_request(const struct http_server *s, int listener, int signals,
    const sigset_t *mask, bool is_too_many)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid;

	if (fd == -1)
		return 0;
	pid = fork();
	if (pid == 0) {
		close(listener);
		close(signals);
		sigprocmask(SIG_SETMASK, mask, NULL);
		s->answer(fd, is_too_many);
		_exit(0);
	}
	if (pid == -1)
		s->warn("unable to start a process for a request");
	close(fd);
	return pid != -1;
}

static int
serve(const struct http_server *s, int listener, struct failure *f)
{
	struct pollfd p[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct signalfd_siginfo info;
	unsigned processes = 0, requests;
	sigset_t set, mask; /* `mask` is the one at our start */
	pid_t pid;

	if (places_make(s->places) == -1)
		return fail_errno(f, EX_OSERR, "unable to reserve memory");
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &mask);
	p[0].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p[0].fd == -1)
		return fail_errno(f, EX_OSERR, "unable to receive signals");
	/* If the client has gone already, accept(2) must not block. */
	fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
	for (;;) {
		requests = places_taken();
		requests = processes > requests ? processes - requests : 0;
		/* Requests above the limit are refused with an answer; above
		 * twice the limit, they wait. */
		p[1].fd = requests < 2 * s->requests ? listener : -1;
		if (poll(p, 2, -1) == -1)
			continue;
		if (read(p[0].fd, &info, sizeof(info)) ==
			(ssize_t)sizeof(info) &&
		    info.ssi_signo != SIGCHLD)
			return 0;
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
			places_leave(pid);
			processes--;
		}
		if (p[1].fd != -1 && p[1].revents != 0)
			processes += take_request(s, listener, p[0].fd, &mask,
			    requests >= s->requests);
	}
}

int
http_run(const struct http_server *s, struct failure *f)
{
	bool is_given;
	int listener = begin_listening(s, &is_given, f);

	if (listener == -1 || http_give_up_rights(s, f) == -1)
		return -1;
	if (!is_given && (puts(s->socket) == EOF || output_close() == -1))
		return fail_errno(
		    f, EX_IOERR, "unable to write standard output");
	notify_ready();
	return serve(s, listener, f);
}
