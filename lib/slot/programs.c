/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the programs of a slot do: their ends, and the lines that they print.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "slot/slot.h"

void
slot_child_ended(struct slot *s, enum child_id id, int status)
{
	switch (id) {
	case CHILD_HOOK:
		slot_next_hook(s);
		return;
	case CHILD_POWER:
		return;
	case CHILD_CHECK:
		slot_checked(s, status);
		return;
	default:
		break;
	}
	if ((s->phase & PHASES_MAKE) != 0)
		slot_make_ended(s, id, status);
	else if ((s->phase & PHASES_LIVE) != 0)
		slot_live_ended(s, id, status);
	else
		slot_undo_ended(s, id, status);
}

/* Its one result: a device, a socket. Ready is said once. */
static void
hear_result(struct slot *s, enum child_id id, const char *line)
{
	if (id == CHILD_SOURCE && s->phase == PHASE_SOURCE) {
		slot_event(s, EVENT_READY);
	} else if (id == CHILD_ATTACH && s->phase == PHASE_ATTACH) {
		snprintf(s->device, sizeof(s->device), "%s", line);
		slot_put(s, "device", s->device);
		slot_event(s, EVENT_READY);
	} else if (id == CHILD_SOURCE) {
		slot_hear_source(s, "ok");
	} else if (id == CHILD_WRITER) {
		slot_hear_writer(s);
	}
}

/* A word about the source, which is no line for the log. Returns whether it is
 * one. */
static bool
hear_word(struct slot *s, const char *line)
{
	static const char *const heads[] = {
	    "vm-fetchd: source: ", "vm-nbd-attach: source: "};
	size_t i;

	for (i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		if (strncmp(line, heads[i], strlen(heads[i])) == 0) {
			slot_hear_source(s, line + strlen(heads[i]));
			return true;
		}
	}
	return false;
}

void
slot_child_heard(void *arg, struct child *c, bool said, const char *line)
{
	static const char served[] = "vm-nbd-attach: served: ";
	struct slot *s = arg;
	const char *note;

	if (!said && c->id == CHILD_PROBE)
		slot_hear_probe(s, line);
	else if (!said && c->id == CHILD_POWER)
		slot_hear_power(s, line);
	else if (!said && c->id == CHILD_JOBS)
		slot_hear_job(s, line);
	else if (!said && c->id != CHILD_HOOK)
		hear_result(s, c->id, line);
	else if (!hear_word(s, line)) {
		if (!s->quiet)
			dprintf(STDERR_FILENO, "%s\n", line);
		if (strncmp(line, served, sizeof(served) - 1) == 0)
			slot_hear_server(s, line + sizeof(served) - 1);
		note = strstr(line, ": note: ");
		if (said && note != NULL)
			slot_note(s, note + strlen(": note: "));
	}
}
