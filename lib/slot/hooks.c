/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Hooks: on an event, the executables in hooks.d are run one after another, in
 * the order of their names, as HOOK EVENT SLOT. The environment describes the
 * medium. The medium never waits for a hook.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "slot/control.h"
#include "slot/event-log.h"
#include "slot/slot.h"

#define HOOK_SECONDS  30   /* the most that each may take */
#define LEAVE_SECONDS 5	   /* ... when the next mount waits for the slot */
#define DEGRADED_MS   5000 /* hooks do not hear of shorter trouble */

static const char *
hook_dir(void)
{
	const char *dir = getenv("VM_HOOK_DIR");

	return dir != NULL ? dir : "/etc/vmedia/hooks.d";
}

void
slot_hooks_know(struct slot *s)
{
	static const char *const names[][2] = {{"VM_DEVICE", "device"},
	    {"VM_MEDIA", "media"}, {"VM_LABEL", "label"}, {"VM_SIZE", "size"}};
	char value[STATE_VALUE_MAX];
	size_t i;

	setenv("VM_URL", s->url, 1);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		state_get(&s->state, names[i][1], value);
		setenv(names[i][0], value, 1);
	}
}

/* Get the reason for the slot's state; "" if there is none. */
static void
get_reason(const struct slot *s, char reason[STATE_VALUE_MAX])
{
	if (!state_get(&s->state, "reason", reason))
		state_get(&s->state, "error", reason);
}

void
slot_note_event(const struct slot *s, const char *event)
{
	char reason[STATE_VALUE_MAX];

	if (strcmp(event, "inserted") == 0)
		snprintf(reason, sizeof(reason), "%s", s->url);
	else
		get_reason(s, reason);
	if (event_log_add(s->state.run, s->number, event, reason) == -1)
		slot_say(s, "unable to note the event %s: %m", event);
}

/* --- one after another ------------------------------------------------------ */

static int
is_hook(const struct dirent *entry)
{
	char path[PATH_MAX];
	struct stat st;

	if (entry->d_name[0] == '.')
		return 0;
	snprintf(path, sizeof(path), "%s/%s", hook_dir(), entry->d_name);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(path, X_OK) == 0;
}

/* Write the path of the n-th executable to path. Returns whether it exists. */
static bool
find_hook(unsigned n, char path[PATH_MAX])
{
	struct dirent **list;
	int i, count;

	count = scandir(hook_dir(), &list, is_hook, alphasort);
	if (count == -1)
		return false;
	if ((unsigned)count > n)
		snprintf(path, PATH_MAX, "%s/%s", hook_dir(), list[n]->d_name);
	for (i = 0; i < count; i++)
		free(list[i]);
	free(list);
	return (unsigned)count > n;
}

static void
start_hook(struct slot *s, const char *path, const char *event)
{
	char number[8], value[STATE_VALUE_MAX];
	const char *argv[] = {path, event, number, NULL};

	snprintf(number, sizeof(number), "%u", s->number);
	state_get(&s->state, "state", value);
	setenv("VM_STATE", value, 1);
	get_reason(s, value);
	setenv("VM_REASON", value, 1);
	slot_start(
	    s, CHILD_HOOK, s->hurried ? LEAVE_SECONDS : HOOK_SECONDS, argv);
}

void
slot_next_hook(struct slot *s)
{
	char path[PATH_MAX], event[32];
	size_t len;

	while (*s->hooks != '\0' && !slot_runs(s, CHILD_HOOK)) {
		len = strcspn(s->hooks, " ");
		snprintf(event, sizeof(event), "%.*s", (int)len, s->hooks);
		if (find_hook(s->hooked, path)) {
			s->hooked++;
			start_hook(s, path, event);
			return;
		}
		s->hooked = 0;
		len += strspn(s->hooks + len, " ");
		memmove(s->hooks, s->hooks + len, strlen(s->hooks + len) + 1);
	}
	if (*s->hooks == '\0' && s->phase == PHASE_TELL)
		slot_event(s, EVENT_DONE);
}

static void
run_hooks(struct slot *s, const char *event)
{
	size_t len = strlen(s->hooks);
	bool passes = *event == 'd' || *event == 'r'; /* degraded, recovered */

	/* Keep room for the events that end a medium. */
	if (len + strlen(event) + 2 >
	    (passes ? sizeof(s->hooks) / 2 : sizeof(s->hooks))) {
		slot_say(s,
		    "the hooks are too slow: vm-slot skips the event %s",
		    event);
		return;
	}
	snprintf(s->hooks + len, sizeof(s->hooks) - len, "%s%s",
	    len > 0 ? " " : "", event);
	slot_next_hook(s);
}

void
slot_hook(struct slot *s, const char *event)
{
	slot_note_event(s, event);
	run_hooks(s, event);
}

void
slot_hooks_degraded(struct slot *s, bool degraded)
{
	slot_note_event(s, degraded ? "degraded" : "recovered");
	if (degraded) {
		s->degraded_at = clock_ms() + DEGRADED_MS;
		return;
	}
	if (s->degraded_told)
		run_hooks(s, "recovered");
	s->degraded_at = 0;
	s->degraded_told = false;
}

int
slot_hooks_left(const struct slot *s, int64_t now)
{
	if (s->degraded_at == 0 || (s->phase & PHASES_LIVE) == 0)
		return -1;
	return s->degraded_at > now ? (int)(s->degraded_at - now) : 0;
}

void
slot_hooks_check(struct slot *s, int64_t now)
{
	if (slot_hooks_left(s, now) != 0)
		return;
	s->degraded_at = 0;
	s->degraded_told = true;
	run_hooks(s, "degraded");
}

/* --- the end ------------------------------------------------------------------- */

/* The user who ejects does not wait for the hooks. */
void
slot_tell(struct slot *s)
{
	if (s->was_in)
		slot_hook(s, *s->error != '\0' ? "failed" : "ejected");
	else
		slot_note_event(s, *s->error != '\0' ? "failed" : "ejected");
	if (*s->hooks != '\0')
		slot_step(s, "telling the hooks");
	slot_next_hook(s);
}

/* The next mount waits for this process. A hook that hangs must not delay it
 * for more than LEAVE_SECONDS. */
void
slot_leave(struct slot *s, int client)
{
	if (s->phase != PHASE_TELL && s->phase != PHASE_OVER) {
		control_reply(
		    s->control, client, EX_TEMPFAIL, "the slot is in use");
		return;
	}
	control_set(s->control, client, CONTROL_LEAVE);
	if (!s->hurried)
		child_hurry(&s->children[CHILD_HOOK], LEAVE_SECONDS);
	s->hurried = true;
}
