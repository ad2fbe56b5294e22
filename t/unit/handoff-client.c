/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Handing in a connection; the server is this program itself.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "check.h"
#include "base/clock.h"
#include "nbd/handoff.h"
#include "nbd/handoff-client.h"

static char path[] = "/tmp/nbd-join-XXXXXX/sock";
static struct handoff handoff;
static struct handoff_peer *peer;
static int source[2];		/* the other end of the joiner's source */
static int leave[2];		/* a write here makes the joiner leave */
static int words[2] = {-1, -1}; /* what the joiner says when it ends */
static pid_t pid;

/* The joiner, in a process of its own; its source is a socket, or two pipes. */
static void
join(bool by_pipes)
{
	struct handoff_client j = {
	    .handoff = path, .client = "me", .who = "10.0.0.5"};
	int in[2], out[2], status;
	char why[256] = "";

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, source) == 0);
	CHECK(pipe(leave) == 0 && pipe(words) == 0);
	CHECK(pipe(in) == 0 && pipe(out) == 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_IGN);
		dup2(by_pipes ? in[0] : source[0], 0);
		dup2(by_pipes ? out[1] : source[0], 1);
		close(in[1]);
		close(out[0]);
		close(source[0]);
		close(source[1]);
		close(handoff.listener);
		j.leave = leave[0];
		status = handoff_client_run(&j, why, sizeof(why));
		(void)!write(words[1], why, strlen(why));
		_exit(status);
	}
	close(in[0]);
	close(out[1]);
	close(words[1]);
	close(source[0]);
	if (by_pipes) {
		close(source[1]);
		source[0] = in[1];
		source[1] = out[0];
	} else {
		close(in[1]);
		close(out[0]);
		source[0] = source[1];
	}
}

/* The next event of the server, within five seconds. */
static enum handoff_news
news(void)
{
	struct pollfd p[HANDOFF_POLLS];
	int64_t end = clock_ms() + 5000;
	enum handoff_news what;

	while ((what = handoff_next(&handoff, &peer)) == HANDOFF_NOTHING &&
	       clock_ms() < end) {
		handoff_poll(&handoff, p);
		poll(p, HANDOFF_POLLS, 100);
	}
	return what;
}

/* Does the joiner end with this status and these words? */
static bool
ends(int want, const char *why)
{
	char said[256] = "";
	int status;

	waitpid(pid, &status, 0);
	(void)!read(words[0], said, sizeof(said) - 1);
	close(words[0]);
	close(leave[0]);
	close(leave[1]);
	close(source[0]);
	if (source[1] != source[0])
		close(source[1]);
	if (peer->present)
		handoff_dismiss(peer);
	if (WEXITSTATUS(status) == want && strcmp(said, why) == 0)
		return true;
	fprintf(stderr, "%d %s\n", WEXITSTATUS(status), said);
	return false;
}

static void
test_answers(void)
{
	static const struct {
		const char *answer, *why;
		int status;
	} cases[] = {{"ended", "", 0},
	    {"taken you", "taken by you", EX_TEMPFAIL},
	    {"superseded you", "taken over by you", EX_TEMPFAIL},
	    {"waits you",
		"the device waits for the image of you, and this is another "
		"image",
		EX_TEMPFAIL},
	    {"refused 65 odd", "refused: odd", EX_DATAERR},
	    {"refused 0 odd", "refused: odd", EX_PROTOCOL},
	    {"lost", "the connection is lost", EX_IOERR}};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		join(false);
		CHECK(news() == HANDOFF_OFFER && !peer->offer.still);
		handoff_tell(peer, "%s", cases[i].answer);
		CHECK(ends(cases[i].status, cases[i].why));
	}
}

/* A source that is not a socket is relayed. */
static void
test_pipes(void)
{
	char buf[8] = "";

	join(true);
	CHECK(news() == HANDOFF_OFFER);
	CHECK(write(source[0], "to", 2) == 2);
	CHECK(read(peer->socket, buf, sizeof(buf)) == 2);
	CHECK(write(peer->socket, "fro", 3) == 3);
	CHECK(read(source[1], buf, sizeof(buf)) == 3 && buf[0] == 'f');
	handoff_tell(peer, "attached /dev/nbd0");
	close(source[0]);
	CHECK(read(peer->socket, buf, sizeof(buf)) == 0);
	handoff_tell(peer, "lost");
	CHECK(ends(EX_IOERR, "the connection is lost"));
}

/* The server is killed, and another one takes its place. */
static void
test_still(void)
{
	int kernel, again = -1;

	join(false);
	CHECK(news() == HANDOFF_OFFER);
	handoff_tell(peer, "attached /dev/nbd0");
	kernel = dup(peer->socket);
	CHECK(poll(NULL, 0, 300) == 0); /* it has read the answer */
	handoff_close(&handoff, false);
	CHECK(poll(NULL, 0, 300) == 0);
	CHECK(handoff_open(&handoff, path) == 0);
	CHECK(news() == HANDOFF_OFFER && peer->offer.still);
	CHECK(strcmp(peer->offer.who, "10.0.0.5") == 0);
	handoff_tell(peer, "attached /dev/nbd0");
	again = peer->socket;
	CHECK(again != -1);
	/* The kernel disconnects: it shuts the socket, then the joiner is
	 * told. */
	shutdown(kernel, SHUT_RDWR);
	close(kernel);
	CHECK(poll(NULL, 0, 300) == 0 && waitpid(pid, NULL, WNOHANG) == 0);
	handoff_tell(peer, "ended");
	CHECK(ends(0, ""));
}

/* The joiner is told to leave: in time, or just after the link was cut. */
static void
test_leave(bool cut)
{
	join(false);
	CHECK(news() == HANDOFF_OFFER);
	handoff_tell(peer, "attached /dev/nbd0");
	if (cut)
		handoff_tell(peer, "lost");
	CHECK(poll(NULL, 0, 300) == 0);
	CHECK(write(leave[1], "x", 1) == 1);
	CHECK(news() == HANDOFF_LEAVE);
	handoff_tell(peer, "ended");
	CHECK(ends(0, ""));
}

/* A name that is one byte too long, and the longest name and client; that
 * joiner is told to leave at once. */
static void
test_names(void)
{
	char client[HANDOFF_CLIENT_MAX + 1], who[HANDOFF_WHO_MAX + 2], why[256];
	struct handoff_client j = {
	    .handoff = "/nonexistent", .client = client, .who = who};

	j.leave = open("/dev/null", O_RDONLY);

	memset(client, 'c', sizeof(client) - 1);
	client[sizeof(client) - 1] = '\0';
	memset(who, 'w', sizeof(who) - 1);
	who[sizeof(who) - 1] = '\0';
	CHECK(handoff_client_run(&j, why, sizeof(why)) == EX_USAGE);
	who[sizeof(who) - 2] = '\0';
	CHECK(handoff_client_run(&j, why, sizeof(why)) == EX_TEMPFAIL);
	close(j.leave);
}

int
main(void)
{
	path[strlen(path) - 5] = '\0';
	CHECK(mkdtemp(path) != NULL);
	path[strlen(path)] = '/';
	CHECK(handoff_open(&handoff, path) == 0);
	test_answers();
	test_pipes();
	test_still();
	test_leave(false);
	test_leave(true);
	test_names();
	handoff_close(&handoff, true);
	*strrchr(path, '/') = '\0';
	CHECK(rmdir(path) == 0);
	return check_status();
}
