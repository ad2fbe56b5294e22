/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "fetchd/about.h"
#include "fetchd/download.h"
#include "fetchd/messages.h"
#include "fetchd/spool.h"
#include "fetchd/supervise.h"

/* What the handler of an event returns; -1 is a failure. */
#define DONE  0
#define GO_ON 1

static void __attribute__((format(printf, 2, 3)))
say(const struct supervisor *s, const char *format, ...)
{
	char line[FAILURE_TEXT_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	s->say(line);
}

/* --- ready, or not ----------------------------------------------------- */

static int
fail_to_open(const struct supervisor *s, struct failure *why, enum cause cause,
    int status, const char *text)
{
	return fail_because(why, cause, status, "unable to open %s: %s",
	    s->parameters->shown_url, text);
}

/* EPIPE is no failure: the caller may have closed our standard output. */
static int
tell_ready(const struct supervisor *s, struct failure *why, const char *text)
{
	if (about_write(s, why) == -1)
		return -1;
	if (s->on_ready(text) == 0 || errno == EPIPE)
		return 0;
	return fail_errno(why, EX_IOERR, "unable to print that it is ready");
}

static int
begin_serving(struct supervisor *s, struct failure *why)
{
	if (tell_ready(s, why, s->socket) == -1)
		return -1;
	s->ready = true;
	return GO_ON;
}

/* --- a compressed image ------------------------------------------------ */

/* Tell people once that the image is decompressed, and what room it needs. */
static void
note_compressed(struct supervisor *s, bool first)
{
	const char *dir = spool_directory();

	if (s->noted)
		return;
	s->noted = true;
	say(s, "note: %s is compressed (%s): it is decompressed %s%s%s",
	    s->parameters->shown_url, s->compression->name,
	    first ? "first, into " : "while it is read", first ? dir : "",
	    first ? ", which needs room for the whole image" : "");
}

/* The image is compressed in the named format: serve the compressed file. */
static int
start_packed(struct supervisor *s, struct failure *why, const char *name)
{
	s->compression = compression_find(name);
	if (s->compression == NULL || s->unpacked)
		return fail_to_open(
		    s, why, CAUSE_USUAL, EX_DATAERR, "it is compressed");
	nbdkit_stop(s->nbdkit);
	if (nbdkit_argv_serve_packed(&s->nbdkit->argv, why) == -1 ||
	    nbdkit_start(s->nbdkit, why) == -1)
		return -1;
	return GO_ON;
}

/* Begin to decompress the served file. xz may be decompressed during reads. */
static int
begin_unpacking(struct supervisor *s, struct failure *why)
{
	if (strcmp(s->compression->name, "xz") != 0)
		note_compressed(s, true);
	if (unpack_start(&s->unpacking, s->compression, s->socket,
		s->nbdkit->user, nbdkit_xz_block_max(), why) == -1)
		return -1;
	s->unpack_began = clock_ms();
	return GO_ON;
}

/* Serve the decompressed image, from the filter or from our file. */
static int
start_unpacked(struct supervisor *s, struct failure *why, bool streamed)
{
	struct nbdkit_argv *argv = &s->nbdkit->argv;

	unpack_stop(&s->unpacking);
	nbdkit_stop(s->nbdkit);
	s->unpacked = true;
	s->streamed = streamed;
	if ((streamed ? nbdkit_argv_stream_xz(argv, s->identity, why)
		      : nbdkit_argv_serve_spool(argv, s->unpacking.spool,
			    s->identity, why)) == -1 ||
	    nbdkit_start(s->nbdkit, why) == -1)
		return -1;
	return GO_ON;
}

static int
take_unpacked(struct supervisor *s, struct failure *why)
{
	struct unpack_news news;
	double seconds;

	unpack_take(&s->unpacking, &news);
	switch (news.kind) {
	case UNPACK_PROGRESS:
		note_compressed(s, true);
		seconds = (double)(clock_ms() - s->unpack_began + 1) / 1000;
		say(s,
		    "decompressing: %" PRIu64 " of %" PRIu64
		    " MiB read, %" PRIu64 " MiB written, %.1f MiB/s",
		    news.read >> 20, news.of >> 20, news.written >> 20,
		    (double)(news.written >> 20) / seconds);
		return GO_ON;
	case UNPACK_DONE:
		note_compressed(s, true);
		return start_unpacked(s, why, false);
	case UNPACK_STREAM:
		note_compressed(s, false);
		return start_unpacked(s, why, true);
	default:
		return fail_to_open(
		    s, why, CAUSE_USUAL, news.status, news.text);
	}
}

/*
 * Only the first client learns whether the filter can read the image. Be that
 * client.
 */
static int
begin_check(struct supervisor *s, struct failure *why)
{
	if (export_size_ask(&s->check, s->socket) == -1)
		return fail_errno(why, EX_OSERR, "unable to connect to nbdkit");
	return GO_ON;
}

static int
take_check(struct supervisor *s, struct failure *why)
{
	char text[REPORT_MAX];
	uint64_t size;

	switch (export_size_take(&s->check, &size)) {
	case 0:
		return GO_ON;
	case 1:
		return begin_serving(s, why);
	default:
		compression_failure(s->compression, text, sizeof(text));
		return fail_to_open(s, why, CAUSE_USUAL, EX_DATAERR, text);
	}
}

/* The image is ready. A compressed image needs further steps. */
static int
take_ready(struct supervisor *s, struct failure *why, const char *text)
{
	if (s->only_check)
		return tell_ready(s, why, text);
	if (s->compression == NULL)
		return begin_serving(s, why);
	if (!s->unpacked)
		return begin_unpacking(s, why);
	return s->streamed ? begin_check(s, why) : begin_serving(s, why);
}

/* --- a server without ranges ------------------------------------------- */

static int
begin_download(struct supervisor *s, struct failure *why, const char *text)
{
	if (download_begin(s, text, why) == -1)
		return -1;
	if (!s->only_check)
		return GO_ON;
	return tell_ready(s, why,
	    "the server cannot send parts of a file (no ranges): it is "
	    "downloaded first");
}

/* --- ready again ------------------------------------------------------- */

/*
 * Can this failure of an image that was served before be temporary? A refusal
 * can end, too: with a renewed link, or when somebody repairs the server.
 */
static bool
is_passing(int status)
{
	return status == EX_NOPERM || status == EX_NOINPUT ||
	       status == EX_PROTOCOL || status == EX_NOHOST ||
	       status == EX_UNAVAILABLE || status == EX_IOERR ||
	       status == EX_TEMPFAIL;
}

/* An nbdkit that was started again is ready, or cannot be ready now. */
static int
take_report_again(struct supervisor *s, int status, const char *text)
{
	s->refused = status != 0;
	if (!s->refused) {
		restart_worked(&s->restart);
		return GO_ON;
	}
	if (s->restart.pause == 0) {
		say(s, "unable to start nbdkit again, still trying: %s", text);
		strcpy(s->source, "down");
		say(s, "source: %s", s->source);
		if (s->parameters->stats_path != NULL)
			unlink(s->parameters->stats_path);
	}
	/* This nbdkit serves no client, and has nothing to finish. */
	if (s->nbdkit->pid > 0)
		kill(s->nbdkit->pid, SIGKILL);
	return GO_ON;
}

/* Take the report: ready, or why not. Without a report, SIGCHLD follows. */
static int
take_report(struct supervisor *s, struct failure *why)
{
	char text[REPORT_MAX];
	enum cause cause;
	int status = report_receive(s->nbdkit->report, &cause, text);

	messages_take(s); /* the report relies on messages before it */
	nbdkit_close_report(s->nbdkit);
	if (status == -1)
		return GO_ON;
	if (s->ready && (status == 0 || is_passing(status)))
		return take_report_again(s, status, text);
	if (status > EX__MAX && s->ready)
		return fail_to_open(s, why, CAUSE_USUAL, EX_PROTOCOL, text);
	if (status == REPORT_PACKED)
		return start_packed(s, why, text);
	if (status == REPORT_WHOLE)
		return begin_download(s, why, text);
	if (status == REPORT_DOWNLOADED)
		return download_serve(s, why) == 0 ? GO_ON : -1;
	if (status != 0)
		return fail_to_open(s, why, cause, status, text);
	return take_ready(s, why, text);
}

/* --- nbdkit's end ------------------------------------------------------ */

static int
fail_ended(int status, struct failure *why)
{
	if (WIFSIGNALED(status))
		return fail(why, EX_OSERR,
		    "unable to go on: nbdkit was ended by signal %d",
		    WTERMSIG(status));
	return fail(why, EX_OSERR,
	    "unable to go on: nbdkit ended with status %d",
	    WEXITSTATUS(status));
}

/*
 * nbdkit has ended, and its clients will connect to the same socket again: plan
 * another start. (Debian's nbdkit 1.32 fails an assertion if a client leaves
 * with several requests in progress, as the kernel does after an outage.)
 */
static int
plan_restart(struct supervisor *s, int status, struct failure *why)
{
	if (s->refused) {
		restart_refused(&s->restart, clock_ms());
		return GO_ON;
	}
	if (!s->ready || !restart_died(&s->restart, clock_ms()))
		return fail_ended(status, why);
	say(s, "nbdkit was ended (%s %d): starting it again",
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return GO_ON;
}

/* Start nbdkit if it is time. *left: ms until then; -1: no start is planned. */
static int
restart_nbdkit(struct supervisor *s, int *left, struct failure *why)
{
	*left = restart_left(&s->restart, clock_ms());
	if (*left != 0)
		return GO_ON;
	*left = -1;
	s->restart.at = 0;
	s->refused = false;
	if (nbdkit_argv_adopt(&s->nbdkit->argv, s->adopted, why) == -1 ||
	    nbdkit_argv_again(&s->nbdkit->argv, s->identity, why) == -1 ||
	    nbdkit_start(s->nbdkit, why) == -1)
		return -1;
	return GO_ON;
}

/* --- signals ----------------------------------------------------------- */

int
supervisor_catch_signals(struct supervisor *s, struct failure *why)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* The reader of our standard output may end before we are ready. */
	signal(SIGPIPE, SIG_IGN);
	/* If our parent ignored SIGCHLD, nbdkit's end would not be told. */
	signal(SIGCHLD, SIG_DFL);
	s->nbdkit->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->nbdkit->signals == -1)
		return fail_errno(why, EX_OSERR, "unable to catch signals");
	return 0;
}

/* The link or the credentials have expired: send new ones to the plugin. */
static void
renew(struct supervisor *s)
{
	const struct nbdkit *n = s->nbdkit;
	struct failure why;

	if (renewable_read(&s->parameters->renewable, s->renewal, &why) == -1) {
		s->say(why.text);
		s->renewal[0] = '\0';
	} else if (n->pid == 0) {
		messages_keep_renewal(s);
	} else if (send(n->control, s->renewal, strlen(s->renewal),
		       MSG_DONTWAIT) == -1) {
		say(s, "unable to renew the URL: %s", strerror(errno));
	}
}

static int
take_signal(struct supervisor *s, struct failure *why)
{
	struct signalfd_siginfo info;
	int status;

	if (read(s->nbdkit->signals, &info, sizeof(info)) != sizeof(info))
		return GO_ON;
	switch (info.ssi_signo) {
	case SIGUSR1:
		renew(s);
		return GO_ON;
	case SIGCHLD:
		if (nbdkit_has_ended(s->nbdkit, &status))
			return plan_restart(s, status, why);
		return GO_ON;
	default:
		return DONE;
	}
}

/* --- the loop ---------------------------------------------------------- */

/* Wait for one round of events and take them. */
static int
take_events(struct supervisor *s, struct failure *why)
{
	struct pollfd p[6] = {
	    {s->nbdkit->signals, POLLIN, 0}, {s->nbdkit->control, POLLIN, 0}};
	int left, result = restart_nbdkit(s, &left, why);

	if (result != GO_ON)
		return result;
	p[2] = (struct pollfd){s->nbdkit->report, POLLIN, 0};
	p[3] = (struct pollfd){s->check.fd, POLLIN, 0};
	p[4] = (struct pollfd){s->nbdkit->log.reader, POLLIN, 0};
	p[5] = (struct pollfd){s->unpacking.news, POLLIN, 0};
	if (poll(p, 6, left) == -1)
		return errno == EINTR
			   ? GO_ON
			   : fail_errno(why, EX_OSERR, "unable to wait");
	if (p[4].revents != 0)
		nbdkit_log_pass(&s->nbdkit->log);
	if (p[1].revents != 0)
		messages_take(s);
	if (p[2].revents != 0)
		result = take_report(s, why);
	if (p[3].revents != 0 && result == GO_ON)
		result = take_check(s, why);
	if (p[5].revents != 0 && result == GO_ON)
		result = take_unpacked(s, why);
	if (p[0].revents != 0 && result == GO_ON)
		result = take_signal(s, why);
	return result;
}

int
supervisor_run(struct supervisor *s, struct failure *why)
{
	int result = GO_ON;

	s->check.fd = -1;
	s->unpacking.news = s->unpacking.spool = -1;
	if (nbdkit_start(s->nbdkit, why) == -1)
		return -1;
	while (result == GO_ON)
		result = take_events(s, why);
	export_size_close(&s->check);
	unpack_stop(&s->unpacking);
	nbdkit_stop(s->nbdkit);
	nbdkit_log_pass(&s->nbdkit->log);
	return result;
}
