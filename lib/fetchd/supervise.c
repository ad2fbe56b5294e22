/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
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
#include "fetchd/supervise.h"
#include "unix/atomic-file.h"

/* How an event ends, where it does not fail (-1). */
#define DONE  0
#define GO_ON 1

#define MESSAGES_AT_ONCE 64

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

/* --- what the plugin says ---------------------------------------------- */

/* Say how the source is, by the statistics, if that has changed. */
static void
take_source(struct supervisor *s, const char *stats)
{
	static const char *const words[] = {
	    "ok", "waiting", "down", "refused", "changed"};
	char found[16];
	size_t i;

	if (sscanf(stats, "{\"source\": \"%15[a-z]\"", found) != 1 ||
	    strcmp(found, s->source) == 0)
		return;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(found, words[i]) != 0)
			continue;
		if (i > 0 || s->source[0] != '\0')
			say(s, "source: %s", words[i]);
		strcpy(s->source, words[i]);
	}
}

/* An nbdkit that is started later uses what was renewed, too. */
static void
keep_renewal(struct supervisor *s)
{
	struct failure why;

	if (parameters_keep(s->parameters, s->renewal, &why) == -1)
		s->say(why.text);
	explicit_bzero(s->renewal, sizeof(s->renewal));
}

/*
 * Take one message of the plugin, which talks to the network: either the
 * image's identity, or a line of printable text and nothing else. Statistics
 * that can't be written are dropped.
 */
static void
take_message(struct supervisor *s, const char *text)
{
	const char *stats_path = s->parameters->stats_path;
	size_t i, len = strlen(text);

	if (strncmp(text, "url: ", 5) == 0) {
		strcpy(s->identity, text);
		return;
	}
	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return;
	if (strncmp(text, "unpacked: ", 10) == 0)
		s->trailer_size = (uint32_t)strtoull(text + 10, NULL, 10);
	else if (strncmp(text, "verifying: ", 11) == 0)
		s->say(text);
	else if (strncmp(text, "note: ", 6) == 0 ||
		 strncmp(text, "waiting: ", 9) == 0) {
		s->say(text);
		if (strcmp(text, NOTE_RENEWED) == 0)
			keep_renewal(s);
	} else {
		take_source(s, text);
		if (stats_path != NULL)
			replace_file(stats_path, text, len);
	}
}

/* Not without end: a plugin that was taken over must not keep us from the
 * signals. */
static void
take_messages(struct supervisor *s)
{
	static char text[CONTROL_MAX];
	ssize_t len;
	int i;

	for (i = 0; i < MESSAGES_AT_ONCE; i++) {
		len = recv(
		    s->nbdkit->control, text, sizeof(text) - 1, MSG_DONTWAIT);
		if (len <= 0)
			return;
		text[len] = '\0';
		take_message(s, text);
	}
}

/* --- ready, or not ----------------------------------------------------- */

static int
fail_to_open(const struct supervisor *s, struct failure *why, int status,
    const char *text)
{
	return fail(why, status, "unable to open %s: %s",
	    s->parameters->shown_url, text);
}

/* The caller may have gone without reading: EPIPE is no failure. */
static int
tell_ready(const struct supervisor *s, struct failure *why, const char *text)
{
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

/* The image is compressed in the named format: start nbdkit with a filter. */
static int
start_decompressing(struct supervisor *s, struct failure *why, const char *name)
{
	s->compression = compression_find(name);
	if (s->compression == NULL)
		return fail_to_open(s, why, EX_DATAERR, "it is compressed");
	say(s, "note: %s is compressed (%s): %s", s->parameters->shown_url,
	    name, s->compression->note);
	nbdkit_stop(s->nbdkit);
	s->nbdkit->limits_spool = true;
	if (nbdkit_argv_decompress(
		&s->nbdkit->argv, s->compression->filter, why) == -1 ||
	    nbdkit_start(s->nbdkit, why) == -1)
		return -1;
	return GO_ON;
}

/*
 * Whether an image can be decompressed is known when a first client comes; for
 * gzip after all of it has been, which may take minutes. We are that client.
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
	const char *refusal = text;
	uint64_t size;

	switch (export_size_take(&s->check, &size)) {
	case 0:
		return GO_ON;
	case 1:
		refusal =
		    compression_refusal(s->compression, size, s->trailer_size);
		break;
	default:
		compression_failure(s->compression, text, sizeof(text));
	}
	if (refusal != NULL)
		return fail_to_open(s, why, EX_DATAERR, refusal);
	return begin_serving(s, why);
}

/*
 * May a failure pass, of an image that was served before? A refusal may, too:
 * by a renewed link, or when the server is mended.
 */
static bool
is_passing(int status)
{
	return status == EX_NOPERM || status == EX_NOINPUT ||
	       status == EX_PROTOCOL || status == EX_NOHOST ||
	       status == EX_UNAVAILABLE || status == EX_IOERR ||
	       status == EX_TEMPFAIL;
}

/* An nbdkit that was started again is ready, or can't be for now. */
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
	/* It serves no client, and has nothing to finish. */
	if (s->nbdkit->pid > 0)
		kill(s->nbdkit->pid, SIGKILL);
	return GO_ON;
}

/* nbdkit is ready or says why not; without a report, SIGCHLD follows. */
static int
take_report(struct supervisor *s, struct failure *why)
{
	char text[REPORT_MAX];
	int status = report_receive(s->nbdkit->report, text);

	take_messages(s); /* some that the report relies on were sent before */
	nbdkit_close_report(s->nbdkit);
	if (status == -1)
		return GO_ON;
	if (s->ready && (status == 0 || is_passing(status)))
		return take_report_again(s, status, text);
	if (status == REPORT_PACKED)
		return start_decompressing(s, why, text);
	if (status != 0)
		return fail_to_open(s, why, status, text);
	if (s->only_check)
		return tell_ready(s, why, text);
	return s->compression != NULL ? begin_check(s, why)
				      : begin_serving(s, why);
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
 * another start. (Debian's 1.32 fails an assertion where a client goes with
 * several requests under way, as the kernel does after an outage.)
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

/* Start it if it is time; *left: ms until it is, -1: no start is planned. */
static int
restart_nbdkit(struct supervisor *s, int *left, struct failure *why)
{
	*left = restart_left(&s->restart, clock_ms());
	if (*left != 0)
		return GO_ON;
	*left = -1;
	s->restart.at = 0;
	s->refused = false;
	if (nbdkit_argv_again(&s->nbdkit->argv, s->identity, why) == -1 ||
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
	/* The reader of our standard output may go before we are ready. */
	signal(SIGPIPE, SIG_IGN);
	/* Our parent may have had it ignored; then nbdkit's end is not told. */
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

	if (parameters_read_again(s->parameters, s->renewal, &why) == -1) {
		s->say(why.text);
		s->renewal[0] = '\0';
	} else if (n->pid == 0) {
		keep_renewal(s);
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
	struct pollfd p[5] = {
	    {s->nbdkit->signals, POLLIN, 0}, {s->nbdkit->control, POLLIN, 0}};
	int left, result = restart_nbdkit(s, &left, why);

	if (result != GO_ON)
		return result;
	p[2] = (struct pollfd){s->nbdkit->report, POLLIN, 0};
	p[3] = (struct pollfd){s->check.fd, POLLIN, 0};
	p[4] = (struct pollfd){s->nbdkit->log.reader, POLLIN, 0};
	if (poll(p, 5, left) == -1)
		return errno == EINTR
			   ? GO_ON
			   : fail_errno(why, EX_OSERR, "unable to wait");
	if (p[4].revents != 0)
		nbdkit_log_pass(&s->nbdkit->log);
	if (p[1].revents != 0)
		take_messages(s);
	if (p[2].revents != 0)
		result = take_report(s, why);
	if (p[3].revents != 0 && result == GO_ON)
		result = take_check(s, why);
	if (p[0].revents != 0 && result == GO_ON)
		result = take_signal(s, why);
	return result;
}

int
supervisor_run(struct supervisor *s, struct failure *why)
{
	int result = GO_ON;

	s->check.fd = -1;
	if (nbdkit_start(s->nbdkit, why) == -1)
		return -1;
	while (result == GO_ON)
		result = take_events(s, why);
	export_size_close(&s->check);
	nbdkit_stop(s->nbdkit);
	nbdkit_log_pass(&s->nbdkit->log);
	return result;
}
