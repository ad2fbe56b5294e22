/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "drive/place.h"
#include "slot/control.h"
#include "slot/slot.h"
#include "unix/sd-notify.h"

#define LOG_MAX (64 * 1024) /* bytes; shortening keeps half of them */

void
slot_event(struct slot *s, enum event event)
{
	if (s->nevents < sizeof(s->events) / sizeof(*s->events))
		s->events[s->nevents++] = event;
}

/* --- telling ------------------------------------------------------------- */

/* Write a line to the log: TIME PROGRAM: slot N: TEXT. The journal adds the
 * time itself. Returns the length of the line. */
static size_t
write_line(const struct slot *s, const char *program, const char *text)
{
	time_t now = time(NULL);
	char when[32] = "";
	struct tm tm;
	int n;

	if (getenv("VM_LOG_TIMES") != NULL && gmtime_r(&now, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ ", &tm);
	n = dprintf(STDERR_FILENO, "%s%s: slot %u: %s\n", when, program,
	    s->number, text);
	return n > 0 ? (size_t)n : 0;
}

void
slot_say(const struct slot *s, const char *format, ...)
{
	va_list args;
	char text[CHILD_LINE_MAX];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	write_line(s, "vm-slot", text);
}

void
slot_say_asked(const struct slot *s, const char *format, ...)
{
	static const char *const asker[] = {"asker", NULL};
	char who[STATE_VALUE_MAX], what[STATE_VALUE_MAX + 64];
	va_list args;

	if (!state_get(&s->state, asker[0], who))
		snprintf(who, sizeof(who), "somebody");
	state_remove(&s->state, asker);
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	slot_say(s, "%.200s asks to %s", who, what);
}

void
slot_notify(const struct slot *s, const char *state, bool ready)
{
	char text[128];

	if (s->notify == NULL)
		return;
	snprintf(
	    text, sizeof(text), "%sSTATUS=%s", ready ? "READY=1\n" : "", state);
	notify_send(s->notify, text, -1);
}

void
slot_set_error(
    struct slot *s, enum cause cause, int status, const char *format, ...)
{
	va_list args;

	if (*s->error != '\0')
		return;
	s->status = status;
	s->cause = cause;
	va_start(args, format);
	vsnprintf(s->error, sizeof(s->error), format, args);
	va_end(args);
}

void
slot_over(struct slot *s, const char *reason)
{
	snprintf(s->reason, sizeof(s->reason), "%s", reason);
	slot_say(s, "%s: ejected", reason);
	slot_event(s, EVENT_END);
}

/* --- the state ----------------------------------------------------------- */

void
slot_put(struct slot *s, const char *name, const char *value)
{
	if (state_put(&s->state, name, value) == 0)
		return;
	slot_say(s, "unable to write %s/%s: %s", s->state.dir, name,
	    strerror(errno));
	if ((s->phase & PHASES_MAKE) == 0)
		return;
	slot_set_error(s, CAUSE_USUAL, EX_CANTCREAT,
	    "unable to write %s/%s: %s", s->state.dir, name, strerror(errno));
	slot_event(s, EVENT_FAILED);
}

void
slot_put_number(struct slot *s, const char *name, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, value);
	slot_put(s, name, text);
}

void
slot_step(struct slot *s, const char *format, ...)
{
	char text[STATE_VALUE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	slot_put(s, "step", text);
	control_step(s->control, text);
}

void
slot_note(struct slot *s, const char *text)
{
	char notes[STATE_VALUE_MAX], all[2 * STATE_VALUE_MAX];

	if (!state_has(&s->state, "step"))
		return;
	state_get(&s->state, "note", notes);
	snprintf(all, sizeof(all), "%s%s%s", notes, *notes != '\0' ? "; " : "",
	    text);
	slot_put(s, "note", all);
}

bool
slot_is_asked(const struct slot *s, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "request/%s", name);
	return state_has(&s->state, path);
}

bool
slot_asked(
    const struct slot *s, const char *name, char value[static STATE_VALUE_MAX])
{
	char path[64];

	snprintf(path, sizeof(path), "request/%s", name);
	return state_get(&s->state, path, value);
}

/* --- programs ------------------------------------------------------------ */

void
slot_start(struct slot *s, enum child_id id, unsigned seconds,
    const char *const argv[])
{
	char text[CHILD_LINE_MAX] = "+";
	size_t i, len = 1;

	for (i = 0; argv[i] != NULL && len < sizeof(text); i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, " %s", argv[i]);
	if (s->verbose)
		slot_say(s, "%s", text);
	/* execvp(3) does not change the arguments. */
	child_start(&s->children[id], &s->state, (char *const *)argv, seconds);
}

bool
slot_runs(const struct slot *s, enum child_id id)
{
	return s->children[id].pid != 0;
}

/* Copy text, with name in place of path: users should read the name of the
 * image where a program names our device. */
static void
rename_in(char *out, size_t size, const char *text, const char *path,
    const char *name)
{
	const char *at = *path != '\0' ? strstr(text, path) : NULL;

	if (at == NULL)
		snprintf(out, size, "%s", text);
	else
		snprintf(out, size, "%.*s%s%s", (int)(at - text), text, name,
		    at + strlen(path));
}

void
slot_fail_by_child(struct slot *s, enum child_id id, int status)
{
	const struct child *c = &s->children[id];
	char why[CHILD_LINE_MAX + STATE_VALUE_MAX];

	if (status == 0 || status > 125) {
		slot_set_error(s, CAUSE_USUAL, EX_OSERR,
		    "unable to go on: the %s process was ended (%d)",
		    child_name(id), status);
	} else {
		rename_in(why, sizeof(why), c->last,
		    id == CHILD_PROBE ? s->device : "", s->url);
		s->in_log = *s->error == '\0' && !s->quiet;
		slot_set_error(s, c->cause, status, "%s", why);
	}
	slot_event(s, EVENT_FAILED);
}

/* --- the medium ---------------------------------------------------- */

bool
slot_has_device(const struct slot *s)
{
	return strncmp(s->device, "/dev/", 5) == 0;
}

/* Get the reads and writes that the vm-drive or the device has served since it
 * exists: fields 1 and 5 of its `stat` (Documentation/block/stat.rst). */
static bool
read_stat(const struct slot *s, uint64_t *reads, uint64_t *writes)
{
	const char *sys = getenv("VM_SYS"), *name = strrchr(s->device, '/');
	struct drive_counters counters;
	char path[PATH_MAX], text[256];
	ssize_t n;
	int fd;

	if (name == NULL)
		return false;
	if (s->own) {
		if (drive_get_counters(s->number, &counters) == -1)
			return false;
		*reads = counters.reads;
		*writes = counters.writes;
		return true;
	}
	snprintf(path, sizeof(path), "%s/block%s/stat",
	    sys != NULL ? sys : "/sys", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return sscanf(text, "%" SCNu64 " %*u %*u %*u %" SCNu64, reads,
		   writes) == 2;
}

int64_t
slot_medium_reads(const struct slot *s)
{
	uint64_t reads, writes;

	return read_stat(s, &reads, &writes) ? (int64_t)reads : -1;
}

void
slot_medium_requests(const struct slot *s, char text[static 64])
{
	uint64_t reads, writes;

	*text = '\0';
	if (read_stat(s, &reads, &writes))
		snprintf(text, 64, "%" PRIu64 "+%" PRIu64, reads, writes);
}

/* --- the log ------------------------------------------------------------- */

void
slot_shorten_log(const struct slot *s)
{
	static char text[LOG_MAX / 2];
	char path[PATH_MAX], *line;
	struct stat st;
	ssize_t n;
	int fd;

	/* Shorten it in place, because vmctl log -f has it open. */
	fd = open(state_path(&s->state, "log", path), O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return;
	if (fstat(fd, &st) == 0 && st.st_size > LOG_MAX) {
		n = pread(
		    fd, text, sizeof(text), st.st_size - (off_t)sizeof(text));
		/* The log begins with a complete line. */
		line = n > 0 ? memchr(text, '\n', (size_t)n) : NULL;
		if (line != NULL && ftruncate(fd, 0) == 0 &&
		    pwrite(fd, line + 1, (size_t)(text + n - line - 1), 0) ==
			-1)
			slot_say(s, "unable to shorten the log");
	}
	close(fd);
}

void
slot_log(struct slot *s, const struct child *c, const char *line)
{
	size_t len = strlen(c->program);

	if (s->quiet)
		return;
	/* Most programs begin a line with their name. */
	if (strncmp(line, c->program, len) == 0 &&
	    strncmp(line + len, ": ", 2) == 0)
		line += len + 2;
	s->logged += write_line(s, c->program, line);
	if (s->logged > LOG_MAX) {
		slot_shorten_log(s);
		s->logged = 0;
	}
}
