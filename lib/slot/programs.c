/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What vm-slot does when a program of the slot prints a line or ends.
 */
#include <stdio.h>
#include <string.h>

#include "slot/slot.h"

void
slot_child_ended(struct slot *s, enum child_id id, int status)
{
	if (id == CHILD_HOOK)
		slot_next_hook(s);
	else if (id == CHILD_CHECK)
		slot_checked(s, status);
	/* These programs do not hold the medium, but its end waits for some. */
	if (id == CHILD_HOOK || ((id == CHILD_CHECK || id == CHILD_POWER) &&
				    (s->phase & PHASES_UNDO) == 0))
		return;
	if ((s->phase & PHASES_MAKE) != 0)
		slot_make_ended(s, id, status);
	else if ((s->phase & PHASES_LIVE) != 0)
		slot_live_ended(s, id, status);
	else
		slot_undo_ended(s, id, status);
}

/* Handle the only result of a program: a device or a socket. */
static void
hear_result(struct slot *s, enum child_id id, const char *line)
{
	if (id == CHILD_SOURCE && s->phase == PHASE_SOURCE) {
		slot_begin_way(s);
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

/* Show how far vm-fetchd is with long work. Returns whether the line tells
 * that. */
static bool
hear_progress(struct slot *s, enum child_id id, const char *line)
{
	static const struct {
		const char *head, *step;
	} works[] = {{"vm-fetchd: verifying: ", "verifying the SHA-256 of"},
	    {"vm-fetchd: downloading: ", "downloading"},
	    {"vm-fetchd: decompressing: ", "decompressing"}};
	size_t i, n;

	for (i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		n = strlen(works[i].head);
		if (id != CHILD_SOURCE || strncmp(line, works[i].head, n) != 0)
			continue;
		s->waits = false;
		slot_step(s, "%s %s, %s", works[i].step, s->url, line + n);
		return true;
	}
	return false;
}

/* Show the user of mount why it takes long to open the source. Returns whether
 * the line tells that. */
static bool
hear_wait(struct slot *s, const struct child *c, const char *line)
{
	static const char head[] = "vm-fetchd: waiting: ";

	if (c->id != CHILD_SOURCE || strncmp(line, head, sizeof(head) - 1) != 0)
		return false;
	slot_log(s, c, line);
	s->waits = true;
	if (s->phase == PHASE_SOURCE)
		slot_step(
		    s, "connecting to %s: %s", s->url, line + sizeof(head) - 1);
	return true;
}

/* Handle a line about the source, which is not logged. Returns false for
 * others. */
static bool
hear_word(struct slot *s, enum child_id id, const char *line)
{
	const char *head = id == CHILD_SOURCE	? "vm-fetchd: source: "
			   : id == CHILD_ATTACH ? "vm-nbd-attach: source: "
						: NULL;

	if (head == NULL || strncmp(line, head, strlen(head)) != 0)
		return false;
	slot_hear_source(s, line + strlen(head));
	return true;
}

/* Handle a message of a program: log it, and use some messages ourselves. */
static void
hear_talk(struct slot *s, const struct child *c, bool said, const char *line)
{
	static const char served[] = "vm-nbd-attach: served: ";
	const char *note = strstr(line, ": note: ");

	slot_log(s, c, line);
	if (c->id == CHILD_ATTACH &&
	    strncmp(line, served, sizeof(served) - 1) == 0)
		slot_hear_server(s, line + sizeof(served) - 1);
	if (said && note != NULL)
		slot_note(s, note + strlen(": note: "));
}

void
slot_child_heard(void *arg, struct child *c, bool said, const char *line)
{
	struct slot *s = arg;

	if (!said && c->id == CHILD_PROBE)
		slot_hear_probe(s, line);
	else if (!said && c->id == CHILD_POWER)
		slot_hear_power(s, line);
	else if (!said && c->id == CHILD_JOBS)
		slot_hear_job(s, line);
	else if (!said && c->id != CHILD_HOOK)
		hear_result(s, c->id, line);
	else if (!hear_progress(s, c->id, line) && !hear_wait(s, c, line) &&
		 !hear_word(s, c->id, line))
		hear_talk(s, c, said, line);
}
