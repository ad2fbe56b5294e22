/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The life of a slot as a table: in these phases this event is answered with
 * that action, and leads to that phase, which begins with its own.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "slot/control.h"
#include "slot/slot.h"

/* What each phase begins with. */
static const struct {
	enum phase phase;
	void (*begin)(struct slot *);
} beginnings[] = {
    {PHASE_SOURCE, slot_start_source},
    {PHASE_ATTACH, slot_start_attach},
    {PHASE_LOOK, slot_start_look},
    {PHASE_INSERT, slot_start_insertion},
    {PHASE_ASK, slot_ask_host},
    {PHASE_EMPTY, slot_empty_drive},
    {PHASE_FREE, slot_free_drive},
    {PHASE_WRITE_OUT, slot_write_out},
    {PHASE_DETACH, slot_detach},
    {PHASE_STOP, slot_stop},
    {PHASE_TELL, slot_tell},
};

/* What one that was killed had left is gone: now do what is asked for. */
static void
begin_anew(struct slot *s)
{
	s->to_make = false;
	slot_remove_leftovers(s);
	/* Nobody listened yet when vmctl wrote that. */
	if (state_has(&s->state, "called-off"))
		slot_event(s, EVENT_EJECT);
}

static void
time_out(struct slot *s)
{
	char step[STATE_VALUE_MAX];

	state_get(&s->state, "step", step);
	slot_set_error(s, EX_TEMPFAIL, "gave up after %d s while %s",
	    (int)s->timeout, step);
	slot_begin_end(s);
}

static void
call_off(struct slot *s)
{
	slot_set_error(s, EX_TEMPFAIL, "ejected before it was inserted");
	slot_begin_end(s);
}

static void
force(struct slot *s)
{
	s->forced = true;
	slot_begin_end(s);
}

/* The request is no longer wanted, if it was still to be done. */
static void
drop_request(struct slot *s)
{
	if (s->to_make)
		slot_set_error(
		    s, EX_TEMPFAIL, "ejected before it was inserted");
	s->to_make = false;
}

static void
stop_waiting(struct slot *s)
{
	s->forced = true;
	drop_request(s);
}

static void
give_up_source(struct slot *s)
{
	s->stuck = true;
	slot_begin_end(s);
}

#define MAKE PHASES_MAKE
#define LIVE PHASES_LIVE

static const struct row {
	unsigned phases;
	enum event event;
	void (*act)(struct slot *);
	enum phase next;
} table[] = {
    /* The way in. */
    {PHASE_SOURCE, EVENT_READY, NULL, PHASE_ATTACH},
    {PHASE_ATTACH, EVENT_READY, NULL, PHASE_LOOK},
    {PHASE_LOOK, EVENT_READY, NULL, PHASE_INSERT},
    {PHASE_INSERT, EVENT_READY, slot_begin, PHASE_IN},
    {MAKE, EVENT_TIMEOUT, time_out, PHASE_EMPTY},
    {MAKE, EVENT_EJECT, call_off, PHASE_EMPTY},
    {MAKE, EVENT_FORCE, call_off, PHASE_EMPTY},

    /* An eject by leave of the host. */
    {PHASE_IN, EVENT_EJECT, NULL, PHASE_ASK},
    {PHASE_ASK, EVENT_DONE, slot_begin_end, PHASE_EMPTY},
    {PHASE_ASK, EVENT_REFUSED, slot_refused, PHASE_IN},
    {PHASE_ASK, EVENT_STUCK, give_up_source, PHASE_EMPTY},

    /* What ends a medium at once. */
    {LIVE, EVENT_FORCE, force, PHASE_EMPTY},
    {MAKE | LIVE, EVENT_END, slot_begin_end, PHASE_EMPTY},
    {MAKE | LIVE, EVENT_FAILED, slot_begin_end, PHASE_EMPTY},

    /* The way out. */
    {PHASE_EMPTY, EVENT_DONE, NULL, PHASE_WRITE_OUT},
    {PHASE_EMPTY, EVENT_STUCK, NULL, PHASE_FREE},
    {PHASE_FREE, EVENT_DONE, NULL, PHASE_WRITE_OUT},
    {PHASE_WRITE_OUT, EVENT_DONE, NULL, PHASE_DETACH},
    {PHASE_WRITE_OUT, EVENT_FORCE, stop_waiting, PHASE_DETACH},
    {PHASE_DETACH, EVENT_DONE, NULL, PHASE_STOP},
    {PHASE_STOP, EVENT_DONE, slot_finish, PHASE_TELL},
    {PHASE_STOP, EVENT_READY, begin_anew, PHASE_SOURCE},
    {PHASES_UNDO, EVENT_FORCE, stop_waiting, PHASE_SAME},
    {PHASES_UNDO, EVENT_EJECT, drop_request, PHASE_SAME},
    {PHASES_UNDO, EVENT_END, drop_request, PHASE_SAME},
    {PHASE_TELL, EVENT_DONE, NULL, PHASE_OVER},
};

void
slot_enter(struct slot *s, enum phase phase)
{
	size_t i;

	s->phase = phase;
	for (i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (beginnings[i].phase == phase)
			beginnings[i].begin(s);
}

static void
follow_row(struct slot *s, const struct row *row)
{
	if (row->act != NULL)
		row->act(s);
	if (row->next != PHASE_SAME)
		slot_enter(s, row->next);
}

void
slot_act(struct slot *s)
{
	enum event event;
	size_t i;

	while (s->nevents > 0) {
		event = s->events[0];
		memmove(s->events, s->events + 1,
		    --s->nevents * sizeof(*s->events));
		for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
			if ((table[i].phases & s->phase) != 0 &&
			    table[i].event == event) {
				follow_row(s, &table[i]);
				break;
			}
		}
	}
}

/* --- what others ask ------------------------------------------------------ */

static void
be_ejected(struct slot *s, const char *how, int client)
{
	static const struct {
		const char *how;
		enum event event;
	} ways[] = {{"", EVENT_EJECT}, {"force", EVENT_FORCE},
	    {"take", EVENT_END}, {"source", EVENT_END}};
	size_t i;

	if ((s->phase & (PHASE_TELL | PHASE_OVER)) != 0) {
		control_reply(s->control, client, 0, "");
		return;
	}
	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(how, ways[i].how) == 0)
			break;
	if (i == sizeof(ways) / sizeof(*ways)) {
		control_reply(s->control, client, EX_USAGE, "eject how?");
		return;
	}
	control_set(s->control, client, CONTROL_EJECT);
	if (strcmp(how, "source") == 0 && (s->phase & PHASES_LIVE) != 0)
		slot_over(s, "its source has ended");
	else
		slot_event(s, ways[i].event);
}

static void
be_followed(struct slot *s, int client)
{
	char step[STATE_VALUE_MAX];

	if ((s->phase & PHASES_LIVE) != 0) {
		control_reply(s->control, client, 0, "");
	} else if ((s->phase & (PHASE_TELL | PHASE_OVER)) != 0) {
		control_reply(s->control, client,
		    s->status != 0 ? s->status : EX_TEMPFAIL,
		    s->status != 0 ? s->error : s->reason);
	} else {
		control_set(s->control, client, CONTROL_FOLLOW);
		if (state_get(&s->state, "step", step))
			control_step(s->control, step);
	}
}

static void
be_renewed(struct slot *s, int client)
{
	struct child *source = &s->children[CHILD_SOURCE];

	if (source->pid == 0) {
		/* It is started again by itself, with the new link. */
		control_reply(s->control, client, 0, "");
		return;
	}
	if (kill(source->pid, SIGUSR1) == 0)
		control_reply(s->control, client, 0, "");
	else
		control_reply(
		    s->control, client, EX_OSERR, "unable to signal vm-fetchd");
}

/* Go on as what is installed now, in the same process; but one that cannot even
 * start must not be tried. */
static void
be_reloaded(struct slot *s, int client)
{
	const char *argv[] = {"vm-slot", "-V", NULL};

	if ((s->phase & PHASE_IN) == 0) {
		control_reply(
		    s->control, client, EX_TEMPFAIL, "the slot is not active");
		return;
	}
	control_set(s->control, client, CONTROL_RELOAD);
	if (!slot_runs(s, CHILD_CHECK))
		slot_start(s, CHILD_CHECK, 10, argv);
}

static void
slot_checked(struct slot *s, int status)
{
	s->reload_client = control_find(s->control, CONTROL_RELOAD);
	if (status == 0 && s->phase == PHASE_IN)
		s->reload(s);
	s->reload_client = -1;
	slot_say(s, "unable to execute vm-slot: going on as before");
	control_answer(s->control, CONTROL_RELOAD, EX_OSERR,
	    "unable to execute vm-slot: going on as before");
}

void
slot_asked_for(struct slot *s, const char *request, int client)
{
	if (strcmp(request, "follow") == 0)
		be_followed(s, client);
	else if (strcmp(request, "eject") == 0)
		be_ejected(s, "", client);
	else if (strncmp(request, "eject ", 6) == 0)
		be_ejected(s, request + 6, client);
	else if (strcmp(request, "renew") == 0)
		be_renewed(s, client);
	else if (strcmp(request, "reload") == 0)
		be_reloaded(s, client);
	else if (strcmp(request, "leave") == 0)
		slot_leave(s, client);
	else
		control_reply(s->control, client, EX_USAGE, "no such request");
}

/* --- what the children do ------------------------------------------------- */

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
