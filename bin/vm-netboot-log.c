/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-netboot-log: show what happens to machines that boot from the network, by
 * the logs of dnsmasq and lighttpd.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/number.h"
#include "base/options.h"
#include "base/output.h"
#include "netboot/events.h"
#include "netboot/neighbours.h"
#include "unix/privileges.h"
#include "unix/sandbox.h"

#define LINE_SIZE 4096 /* dnsmasq and lighttpd write no longer lines */

static const char *table = NEIGHBOURS_TABLE;
#define STRANGERS 20 /* events of strangers that are printed in a second */

static bool is_json;
static const char *machines; /* NULL: nobody is a stranger */

static void
usage(FILE *out)
{
	fputs("usage: vm-netboot-log [-hjV] [-m DIRECTORY] [-N TABLE] "
	      "[-t SECONDS]\n",
	    out);
}

/* --- strangers --------------------------------------------------------------------- */

/* Does the machine have a directory in machines (-m)? Its name is the MAC, with
 * dashes. */
static bool
is_ours(const char *mac)
{
	char path[PATH_MAX], *c;
	int len = snprintf(path, sizeof(path), "%s/", machines);

	if (len < 0 || (size_t)len + EVENT_MAC_SIZE > sizeof(path))
		return false;
	c = path + len;
	memcpy(c, mac, strlen(mac) + 1);
	while ((c = strchr(c, ':')) != NULL)
		*c = '-';
	return mac[0] != '\0' && access(path, F_OK) == 0;
}

/* Limit the events of strangers: anybody can ask with made-up MACs, faster than
 * our reader reads. dnsmasq would then wait for the reader, and answer
 * nobody. */
static bool
is_too_many(const struct netboot_event *event, time_t now)
{
	static const char *const ours[] = {"error", "ready", "tick"};
	static time_t second;
	static unsigned count;
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(event->stage, ours[i]) == 0)
			return false;
	if (machines == NULL || is_ours(event->mac))
		return false;
	if (now != second)
		count = 0;
	second = now;
	return ++count > STRANGERS;
}

/* --- output ----------------------------------------------------------------------- */

static void
print_event(void *arg, const struct netboot_event *event)
{
	char quoted[JSON_QUOTED_SIZE(EVENT_DETAIL_SIZE)];
	struct timespec now;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &now);
	if (is_too_many(event, now.tv_sec))
		return;
	printf(is_json ? "{\"time\": %jd.%03ld, " : "%jd.%03ld\t",
	    (intmax_t)now.tv_sec, now.tv_nsec / 1000000);
	if (!is_json)
		printf("%s\t%s\t%s\n", event->mac[0] != '\0' ? event->mac : "-",
		    event->stage, event->detail);
	else if (event->mac[0] != '\0')
		printf("\"mac\": \"%s\", ", event->mac);
	else
		printf("\"mac\": null, ");
	if (is_json)
		printf("\"stage\": \"%s\", \"detail\": %s}\n", event->stage,
		    json_quote(quoted, event->detail));
	if (fflush(stdout) == EOF)
		exit(EX_IOERR);
}

static int
find_mac(void *arg, const char *address, unsigned char mac[MAC_SIZE])
{
	(void)arg;
	return neighbours_mac(table, NULL, address, mac);
}

/* --- input ------------------------------------------------------------------------ */

struct input {
	struct events events;
	char line[LINE_SIZE];
	size_t len; /* LINE_SIZE: the line is too long */
};

/* Handle all complete lines. A NUL would hide the rest of a line. A last line
 * without a newline is dropped. */
static void
take_bytes(struct input *in, const char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			if (in->len < LINE_SIZE)
				in->line[in->len++] =
				    bytes[i] != '\0' ? bytes[i] : '?';
			continue;
		}
		if (in->len < LINE_SIZE) {
			in->line[in->len] = '\0';
			events_line(&in->events, in->line);
		}
		in->len = 0;
	}
}

/* Returns false at the end of the input. */
static bool
take_input(struct input *in)
{
	char bytes[16384];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n == -1)
		err(EX_IOERR, "unable to read standard input");
	take_bytes(in, bytes, (size_t)n);
	return n > 0;
}

static void
tick(void)
{
	struct netboot_event event = {.mac = ""};

	event_make(&event, "", "tick", "%s", "");
	print_event(NULL, &event);
}

/* Milliseconds to wait for input; -1: until it comes. */
static int
time_left(const struct input *in, int64_t now, int64_t next_tick)
{
	int64_t left = INT64_MAX;

	if (next_tick != 0)
		left = next_tick > now ? next_tick - now : 0;
	if (events_wait(&in->events) && left > EVENTS_BLOCK_MS)
		left = EVENTS_BLOCK_MS;
	return left == INT64_MAX ? -1 : (int)left;
}

/* Handle the input until its end, with a tick each tick_ms (0: never). */
static void
filter(struct input *in, int64_t tick_ms)
{
	struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
	int64_t now = clock_ms(), came = now;
	unsigned long numbered;
	int64_t next_tick = tick_ms != 0 ? now + tick_ms : 0;

	for (;;) {
		if (poll(&ready, 1, time_left(in, now, next_tick)) > 0) {
			numbered = in->events.numbered;
			if (!take_input(in))
				break;
			if (in->events.numbered != numbered)
				came = clock_ms();
		}
		now = clock_ms();
		events_idle(&in->events, now - came);
		if (next_tick != 0 && now >= next_tick) {
			tick();
			next_tick = now + tick_ms;
		}
	}
	events_end(&in->events);
}

/* Give up rights and system calls before we read strangers' words. */
static void
give_up_rights(void)
{
	if (become_user(NULL) == -1)
		err(EX_OSERR, "unable to give up root");
	if (access(table, R_OK) == -1)
		err(EX_NOINPUT, "unable to read %s", table);
	if (sandbox_enter_local() == -1 && !sandbox_is_missing(errno))
		err(EX_OSERR, "unable to enter the sandbox");
}

int
main(int argc, char **argv)
{
	/* All zeros: otherwise its 30 KB would be in the program's file. */
	static struct input in;
	uint64_t seconds = 0;
	int c;

	output_check_at_exit();
	while ((c = options_next(argc, argv, "hjm:N:t:V")) != -1) {
		switch (c) {
		case 'h':
			usage(stdout);
			return 0;
		case 'j':
			is_json = true;
			break;
		case 'm':
			machines = optarg;
			break;
		case 'N':
			table = optarg;
			break;
		case 't':
			if (number_parse(optarg, 1, 86400, &seconds) == -1)
				errx(EX_USAGE,
				    "unable to tick each %s s, only each 1 to "
				    "86400",
				    optarg);
			break;
		case 'V':
			puts("vm-netboot-log " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (argc != optind) {
		usage(stderr);
		return EX_USAGE;
	}
	in.events.tell = print_event;
	in.events.find = find_mac;
	give_up_rights();
	filter(&in, (int64_t)seconds * 1000);
	return 0;
}
