/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "door/answer.h"
#include "door/serve.h"
#include "door/watch.h"
#include "unix/fd-passing.h"
#include "unix/sd-notify.h"

#define REQUEST_MS 10000 /* to receive a request, or to send an answer */
#define LOGINS_MAX 48	 /* with this many processes, no password is tried */

/* A client that is sending its request. */
struct connection {
	int fd; /* -1: a free place */
	bool is_upload;
	int64_t deadline;
	struct door_message request;
};

struct server {
	const struct door_settings *settings;
	struct guard *guard;
	const char *user, *uploader; /* names; all others are refused */
	int listener, signals;
	sigset_t blocked;
	unsigned children;
	/* Children for the uploader; 0: a free place. */
	pid_t uploads[DOOR_UPLOADS];
	struct connection all[DOOR_CONNECTIONS];
};

static void
forget(struct connection *k)
{
	if (k->fd != -1)
		close(k->fd);
	door_message_free(&k->request);
	*k = (struct connection){.fd = -1};
}

/* --- answering ------------------------------------------------------------ */

/* Pass the files of an answer to the client (-1: it has none), and close
 * them. */
static void
pass_files(struct door_call *c, int client)
{
	unsigned i;

	if (client != -1 && c->fds[0] != -1)
		pass_send(client, "f", 1, c->fds, DOOR_FDS);
	for (i = 0; i < DOOR_FDS; i++)
		if (c->fds[i] != -1)
			close(c->fds[i]);
}

/* Answer, and send the answer. Returns false if this needs a
 * process of its own. */
static bool
answer(struct server *s, struct connection *k, bool may_wait)
{
	struct door_call c = {.settings = s->settings,
	    .guard = s->guard,
	    .request = &k->request,
	    .may_wait = may_wait,
	    .is_upload = k->is_upload,
	    .fds = {-1, -1}};
	bool is_answered = door_answer(&c), is_sent;

	is_sent = is_answered &&
		  door_send(k->fd, &c.answer, clock_ms() + REQUEST_MS) == 0;
	pass_files(&c, is_sent ? k->fd : -1);
	if (is_sent && may_wait && watch_is_wanted(&c))
		watch_run(&c, k->fd);
	if (is_answered && c.after != NULL)
		c.after(&c);
	door_message_free(&c.answer);
	explicit_bzero(&c.accounts, sizeof(c.accounts));
	return is_answered;
}

/* The place of the uploader's child with that PID (0: a free place); NULL
 * if there is none. */
static pid_t *
place_of_upload(struct server *s, pid_t pid)
{
	unsigned i;

	for (i = 0; i < DOOR_UPLOADS; i++)
		if (s->uploads[i] == pid)
			return &s->uploads[i];
	return NULL;
}

/* Answer a call in a process of its own, which continues if
 * the client leaves. */
static void
answer_apart(struct server *s, struct connection *k)
{
	pid_t *place = k->is_upload ? place_of_upload(s, 0) : NULL;
	pid_t pid = fork();

	if (pid == 0) {
		close(s->listener);
		close(s->signals);
		sigprocmask(SIG_UNBLOCK, &s->blocked, NULL);
		signal(SIGPIPE, SIG_IGN);
		answer(s, k, true);
		_exit(0);
	}
	if (pid == -1)
		warn("unable to start a process");
	else
		s->children++;
	if (pid != -1 && place != NULL)
		*place = pid;
	forget(k);
}

/* A client that sends many passwords would fill all places with processes
 * that wait for their turn to hash. Some places are kept for clients that
 * have a session. */
static bool
is_login_too_many(const struct server *s, const struct connection *k)
{
	return s->children >= LOGINS_MAX &&
	       door_string(&k->request, "token") == NULL;
}

/* Somebody who has taken over the uploader fills only the uploader's places:
 * others can still log in. */
static bool
is_upload_too_many(struct server *s, const struct connection *k)
{
	return k->is_upload && place_of_upload(s, 0) == NULL;
}

static void
refuse(struct connection *k, const char *words)
{
	struct door_message refusal = {0};

	door_add_string(&refusal, "result", "slow");
	door_add_string(&refusal, "retry", "2");
	door_add_string(&refusal, "message", words);
	door_send(k->fd, &refusal, clock_ms() + REQUEST_MS);
	door_message_free(&refusal);
	forget(k);
}

/* Answer a request that has arrived completely. */
static void
take_request(struct server *s, struct connection *k)
{
	if (!door_parse(&k->request))
		forget(k);
	else if (answer(s, k, false))
		forget(k);
	else if (is_login_too_many(s, k))
		refuse(k, "Too many log in at once: wait.");
	else if (is_upload_too_many(s, k))
		refuse(k, "Too many requests for images at once: wait.");
	else
		answer_apart(s, k);
}

static void
hear(struct server *s, struct connection *k)
{
	int rc = door_take(k->fd, &k->request);

	if (rc == 1)
		take_request(s, k);
	else if (rc == -1)
		forget(k);
}

/* --- clients -------------------------------------------------------------- */

/* Look the name up each time: systemd makes the user with the service, and
 * tomorrow another user may have the same number. */
static bool
is_user(const char *name, uid_t uid)
{
	const struct passwd *pw = getpwnam(name);

	return pw != NULL && pw->pw_uid == uid;
}

static bool
is_admitted(const struct server *s, int fd, bool *is_upload)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	*is_upload = false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return false;
	if (peer.uid == 0 || is_user(s->user, peer.uid))
		return true;
	*is_upload = is_user(s->uploader, peer.uid);
	return *is_upload;
}

static struct connection *
free_place(struct server *s)
{
	unsigned i;

	if (s->children >= DOOR_CONNECTIONS)
		return NULL;
	for (i = 0; i < DOOR_CONNECTIONS; i++)
		if (s->all[i].fd == -1)
			return &s->all[i];
	return NULL;
}

static bool
has_place_for_upload(const struct server *s)
{
	unsigned i, count = 0;

	for (i = 0; i < DOOR_CONNECTIONS; i++)
		count += s->all[i].fd != -1 && s->all[i].is_upload;
	return count < DOOR_UPLOADS;
}

static void
admit(struct server *s, struct connection *k)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd == -1)
		return;
	if (!is_admitted(s, fd, &k->is_upload)) {
		warnx("a process of another user was refused");
		close(fd);
		return;
	}
	/* An uploader that sends its request at once has already
	 * left its place. */
	if (k->is_upload && !has_place_for_upload(s)) {
		close(fd);
		return;
	}
	k->fd = fd;
	k->deadline = clock_ms() + REQUEST_MS;
}

/* --- the loop ------------------------------------------------------------- */

/* What to wait for: place 0 is the signals, 1 the listener, then the clients.
 * Returns the milliseconds until the next deadline; -1 if there is none. */
static int
prepare(struct server *s, struct pollfd *p)
{
	int64_t next = -1, left;
	unsigned i;

	p[0] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	p[1] = (struct pollfd){
	    .fd = free_place(s) != NULL ? s->listener : -1, .events = POLLIN};
	for (i = 0; i < DOOR_CONNECTIONS; i++) {
		p[2 + i] =
		    (struct pollfd){.fd = s->all[i].fd, .events = POLLIN};
		if (s->all[i].fd == -1)
			continue;
		left = s->all[i].deadline - clock_ms();
		left = left > 0 ? left : 0;
		next = next == -1 || left < next ? left : next;
	}
	return (int)next;
}

/* Returns false at SIGTERM and SIGINT. */
static bool
hear_signals(struct server *s)
{
	struct signalfd_siginfo info;
	pid_t pid, *place;

	if (read(s->signals, &info, sizeof(info)) != sizeof(info))
		return true;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		s->children--;
		place = place_of_upload(s, pid);
		if (place != NULL)
			*place = 0;
	}
	return info.ssi_signo == SIGCHLD;
}

static void
loop(struct server *s)
{
	struct pollfd p[2 + DOOR_CONNECTIONS];
	struct connection *k;
	unsigned i;

	for (;;) {
		if (poll(p, 2 + DOOR_CONNECTIONS, prepare(s, p)) == -1 &&
		    errno != EINTR)
			err(EX_OSERR, "unable to wait for requests");
		if ((p[0].revents & POLLIN) != 0 && !hear_signals(s))
			return;
		for (i = 0; i < DOOR_CONNECTIONS; i++) {
			k = &s->all[i];
			if (k->fd != -1 && p[2 + i].revents != 0)
				hear(s, k);
			if (k->fd != -1 && clock_ms() >= k->deadline)
				forget(k);
		}
		k = free_place(s);
		if ((p[1].revents & POLLIN) != 0 && k != NULL)
			admit(s, k);
	}
}

int
door_serve(int listener, const char *user, const char *uploader,
    const struct door_settings *settings)
{
	static struct server s;
	unsigned i;

	s = (struct server){.settings = settings,
	    .user = user,
	    .uploader = uploader,
	    .listener = listener};
	for (i = 0; i < DOOR_CONNECTIONS; i++)
		s.all[i].fd = -1;
	s.guard = guard_new();
	if (s.guard == NULL)
		err(EX_OSERR, "unable to reserve memory");
	sigemptyset(&s.blocked);
	sigaddset(&s.blocked, SIGTERM);
	sigaddset(&s.blocked, SIGINT);
	sigaddset(&s.blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &s.blocked, NULL);
	s.signals = signalfd(-1, &s.blocked, SFD_CLOEXEC);
	if (s.signals == -1)
		err(EX_OSERR, "unable to receive signals");
	notify_ready();
	loop(&s);
	return 0;
}
