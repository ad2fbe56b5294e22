/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "redfish/ask.h"
#include "redfish/event-stream.h"
#include "slot/state.h"

#define HEARTBEAT_MS 10000
#define WRITE_MS     10000 /* a client that reads nothing has gone then */

/* --- the listeners ------------------------------------------------------------ */

/* A listener's place is the name of a socket, which the kernel frees
 * with the process. */
int
event_stream_admit(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), len, saved;
	unsigned i;

	if (fd == -1)
		return -1;
	for (i = 0; i < EVENT_LISTENERS; i++) {
		len = snprintf(address.sun_path + 1,
		    sizeof(address.sun_path) - 1, "vm-redfish/%lu/listener/%u",
		    (unsigned long)geteuid(), i);
		if (bind(fd, (struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				    (size_t)len)) == 0)
			return fd;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* --- one event ------------------------------------------------------------------ */

/* The messages of Vmedia.1.0, as registries.c has them. */
static const struct kind {
	const char *event, *id, *severity;
	const char *before, *after; /* around the number of the slot */
	bool has_reason;	    /* at the end, and as an argument */
} kinds[] = {
    {"inserted", "Inserted", "OK", "Slot ", " has the image ", true},
    {"ejected", "Ejected", "OK", "Slot ", " is empty.", false},
    {"host-read", "HostRead", "OK", "The host reads the image of slot ", ".",
	false},
    {"degraded", "Degraded", "Warning", "The server of slot ",
	"'s image does not answer.", false},
    {"recovered", "Recovered", "OK", "The server of slot ",
	"'s image answers again.", false},
    {"failed", "Failed", "Critical", "Slot ", " has failed: ", true},
};

static const struct kind *
find_kind(const char *event)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].event, event) == 0)
			return &kinds[i];
	return NULL;
}

/* Begin a record, up to its arguments. */
static void
begin_record(struct json_text *t, const struct logged_event *e, unsigned member,
    const char *id, const char *severity, const char *text)
{
	char number[32], when[32], origin[64];
	time_t then = (time_t)e->time;
	struct tm tm;

	snprintf(number, sizeof(number), "%u", member);
	gmtime_r(&then, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(origin, sizeof(origin),
	    "/redfish/v1/Systems/system/VirtualMedia/Slot_%u", e->slot);
	json_begin_object(t, NULL);
	json_put_string(t, "MemberId", number);
	json_put_string(t, "EventType", "Alert");
	snprintf(number, sizeof(number), "%" PRIu64 ".%u", e->number, member);
	json_put_string(t, "EventId", number);
	json_put_string(t, "EventTimestamp", when);
	json_put_string(t, "MessageId", id);
	json_put_string(t, "Message", text);
	json_put_string(t, "MessageSeverity", severity);
	json_begin_object(t, "OriginOfCondition");
	json_put_string(t, "@odata.id", origin);
	json_end_object(t);
	json_begin_array(t, "MessageArgs");
}

static void
end_record(struct json_text *t)
{
	json_end_array(t);
	json_end_object(t);
}

static void
put_own_record(
    struct json_text *t, const struct logged_event *e, const struct kind *kind)
{
	char text[640], slot[16], id[32];

	snprintf(slot, sizeof(slot), "%u", e->slot);
	snprintf(id, sizeof(id), "Vmedia.1.0.%s", kind->id);
	snprintf(text, sizeof(text), "%s%s%s%s", kind->before, slot,
	    kind->after, kind->has_reason ? e->reason : "");
	begin_record(t, e, 0, id, kind->severity, text);
	json_put_string(t, NULL, slot);
	if (kind->has_reason)
		json_put_string(t, NULL, e->reason);
	end_record(t);
}

void
event_put(struct json_text *t, const struct logged_event *e)
{
	const struct kind *kind = find_kind(e->event);
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, e->number);
	json_begin_object(t, NULL);
	json_put_string(t, "@odata.type", "#Event.v1_11_0.Event");
	json_put_string(t, "Id", number);
	json_put_string(t, "Name", "Events of virtual media");
	json_begin_array(t, "Events");
	if (kind != NULL)
		put_own_record(t, e, kind);
	begin_record(t, e, kind != NULL, "ResourceEvent.1.4.ResourceChanged",
	    "OK", "One or more resource properties have changed.");
	end_record(t);
	json_end_array(t);
	json_end_object(t);
}

/* --- the stream ------------------------------------------------------------------ */

struct stream {
	int fd, changes; /* the client, and inotify(7) */
	const char *run; /* /run/vmedia */
	uint64_t last;	 /* the number of the last event that was told */
};

/* Write a text to the client. Returns false when it has gone. */
static bool
tell(struct stream *s, const char *text, size_t len)
{
	int64_t end = clock_ms() + WRITE_MS;
	struct pollfd p = {s->fd, POLLOUT, 0};
	int64_t left;
	ssize_t n;

	while (len > 0) {
		left = end - clock_ms();
		n = write(s->fd, text, len);
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (n == -1 && errno != EAGAIN && errno != EINTR) {
			return false;
		} else if (left <= 0 || poll(&p, 1, (int)left) <= 0) {
			return false;
		}
	}
	return true;
}

static bool
tell_event(struct stream *s, const struct logged_event *e)
{
	struct json_text t = {0};
	char id[48];
	int len =
	    snprintf(id, sizeof(id), "id: %" PRIu64 "\ndata: ", e->number);
	bool ok;

	event_put(&t, e);
	ok = json_text_end(&t) && tell(s, id, (size_t)len) &&
	     tell(s, t.data, t.len) && tell(s, "\n\n", 2);
	json_text_free(&t);
	return ok;
}

/* Tell all events that are new. */
static bool
tell_news(struct stream *s)
{
	uint64_t newest = event_log_last(s->run);
	struct logged_event e;

	if (newest < s->last)
		s->last =
		    0; /* the machine has restarted: the numbers begin again */
	if (newest > s->last + EVENT_LOG_MAX)
		s->last = newest - EVENT_LOG_MAX;
	while (s->last < newest)
		if (event_log_get(s->run, ++s->last, &e) == 0 &&
		    !tell_event(s, &e))
			return false;
	return true;
}

/* Watch the directory of the events; before the first event, the directory in
 * which it will appear. */
static void
watch(const struct stream *s)
{
	char path[PATH_MAX];

	if (inotify_add_watch(s->changes, event_log_path(s->run, path),
		IN_CREATE | IN_MOVED_TO) == -1)
		inotify_add_watch(s->changes, s->run, IN_CREATE);
}

/* May the client still listen? Listening does not count as a use
 * of its session. */
static bool
may_listen(struct redfish *r)
{
	struct door_message request, answer;
	bool may;

	r->deadline = clock_ms() + HEARTBEAT_MS;
	ask_begin(r, &request, "whoami");
	door_add_string(&request, "idle", "yes");
	may = ask_send(r, &request, &answer) == ASK_OK;
	door_message_free(&answer);
	return may;
}

/* Wait for events until a moment. Returns false when the client has gone. */
static bool
wait_for_news(struct stream *s, int64_t until)
{
	struct pollfd p[2] = {{s->fd, 0, 0}, {s->changes, POLLIN, 0}};
	int64_t left = until - clock_ms();
	char events[4096];

	poll(p, s->changes != -1 ? 2 : 1, left > 0 ? (int)left : 0);
	if (p[0].revents != 0)
		return false;
	if (s->changes == -1 || p[1].revents == 0)
		return true;
	while (read(s->changes, events, sizeof(events)) > 0)
		continue;
	watch(s);
	return true;
}

static void
begin(struct stream *s, const struct redfish *r, int fd,
    const struct state *state)
{
	const char *told = r->http->last_event_id;
	uint64_t number;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	*s = (struct stream){.fd = fd, .run = state->run};
	s->changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	watch(s);
	s->last = event_log_last(s->run);
	if (told != NULL && number_parse(told, 0, INT64_MAX, &number) == 0)
		s->last = number;
}

void
event_stream(struct redfish *r, int fd)
{
	static const char first[] = "retry: 2000\n\n", heartbeat[] = ":\n\n";
	int64_t beat = clock_ms() + HEARTBEAT_MS;
	struct state state;
	struct stream s;
	bool goes_on;

	state_init(&state, 0);
	begin(&s, r, fd, &state);
	goes_on = tell(&s, first, sizeof(first) - 1);
	while (goes_on && tell_news(&s) && wait_for_news(&s, beat)) {
		if (clock_ms() < beat)
			continue;
		beat = clock_ms() + HEARTBEAT_MS;
		goes_on =
		    may_listen(r) && tell(&s, heartbeat, sizeof(heartbeat) - 1);
		watch(&s);
	}
	if (s.changes != -1)
		close(s.changes);
}
