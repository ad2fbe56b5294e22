/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The life of a slot as a table. A row says: in one of these phases, on this
 * event, do this action and enter that phase. A phase may begin with an action
 * of its own.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "slot/control.h"
#include "slot/slot.h"

/* The first action of each phase. */
static const struct {
	enum phase phase;
	void (*begin)(struct slot *);
} beginnings[] = {
    {PHASE_SOURCE, slot_start_source},
    {PHASE_ATTACH, slot_start_attach},
    {PHASE_LOOK, slot_start_look},
    {PHASE_RELEASE, slot_release_device},
    {PHASE_DRIVE, slot_start_drive},
    {PHASE_INSERT, slot_start_insertion},
    {PHASE_ASK, slot_ask_host},
    {PHASE_EMPTY, slot_empty_drive},
    {PHASE_FREE, slot_free_drive},
    {PHASE_WRITE_OUT, slot_write_out},
    {PHASE_DETACH, slot_detach},
    {PHASE_STOP, slot_stop},
    {PHASE_TELL, slot_tell},
};

/* The leftovers of a killed vm-slot are removed: carry out the request. */
static void
begin_anew(struct slot *s)
{
	s->to_make = false;
	slot_remove_leftovers(s);
	/* vmctl wrote this file before vm-slot listened. */
	if (state_has(&s->state, "called-off"))
		slot_event(s, EVENT_EJECT);
}

static void
time_out(struct slot *s)
{
	char step[STATE_VALUE_MAX];

	state_get(&s->state, "step", step);
	slot_set_error(s,
	    s->phase == PHASE_SOURCE && s->waits ? CAUSE_SERVER : CAUSE_TIMEOUT,
	    EX_TEMPFAIL, "gave up after %d s while %s", (int)s->timeout, step);
	slot_begin_end(s);
}

static void
call_off(struct slot *s)
{
	/* vmctl itself leaves this file when it is ended. */
	bool called_off = state_has(&s->state, "called-off");

	slot_set_error(s, CAUSE_USUAL, EX_TEMPFAIL,
	    called_off ? "the mount was cancelled"
		       : "an eject stopped the mount");
	slot_begin_end(s);
}

/* Also give up the data that is already known to be lost. */
static void
give_up_data(struct slot *s)
{
	s->discarded = true;
	if (s->status == EX_IOERR) {
		*s->error = '\0';
		s->status = 0;
	}
}

static void
discard(struct slot *s)
{
	give_up_data(s);
	slot_begin_end(s);
}

static void
get_stuck(struct slot *s)
{
	s->stuck = true;
}

/* An eject arrived before the request was carried out: drop the request. */
static void
drop_request(struct slot *s)
{
	if (s->to_make)
		slot_set_error(
		    s, CAUSE_USUAL, EX_TEMPFAIL, "an eject stopped the mount");
	s->to_make = false;
}

static void
stop_waiting(struct slot *s)
{
	give_up_data(s);
	drop_request(s);
	/* The next vm-gadget asks the vm-drive to eject at once. */
	if (s->phase == PHASE_EMPTY && s->own && slot_runs(s, CHILD_DRIVE)) {
		child_kill(&s->children[CHILD_DRIVE]);
		s->interrupted = true;
	}
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
    {PHASE_SOURCE, EVENT_OWN, NULL, PHASE_LOOK},
    {PHASE_ATTACH, EVENT_READY, NULL, PHASE_LOOK},
    {PHASE_LOOK, EVENT_READY, NULL, PHASE_DRIVE},
    {PHASE_LOOK, EVENT_OWN, NULL, PHASE_RELEASE},
    {PHASE_RELEASE, EVENT_READY, NULL, PHASE_LOOK},
    {PHASE_DRIVE, EVENT_READY, NULL, PHASE_INSERT},
    {PHASE_INSERT, EVENT_READY, slot_begin, PHASE_IN},
    {MAKE, EVENT_TIMEOUT, time_out, PHASE_EMPTY},
    {MAKE, EVENT_EJECT, call_off, PHASE_EMPTY},
    {MAKE, EVENT_DISCARD, call_off, PHASE_EMPTY},

    /* An eject that the host may refuse. */
    {PHASE_IN, EVENT_EJECT, NULL, PHASE_ASK},
    {PHASE_ASK, EVENT_DONE, slot_begin_end, PHASE_WRITE_OUT},
    {PHASE_ASK, EVENT_REFUSED, slot_refused, PHASE_IN},
    {PHASE_ASK, EVENT_STUCK, give_up_source, PHASE_EMPTY},

    /* Events that end a medium at once. */
    {LIVE, EVENT_DISCARD, discard, PHASE_EMPTY},
    {MAKE | LIVE, EVENT_END, slot_begin_end, PHASE_EMPTY},
    {MAKE | LIVE, EVENT_FAILED, slot_begin_end, PHASE_EMPTY},

    /* The way out. A drive whose source does not answer cannot be emptied
     * before the block device is detached; and that loses what the host wrote,
     * so the data is written out first. */
    {PHASE_EMPTY, EVENT_DONE, NULL, PHASE_WRITE_OUT},
    {PHASE_EMPTY, EVENT_STUCK, get_stuck, PHASE_WRITE_OUT},
    {PHASE_WRITE_OUT, EVENT_DONE, NULL, PHASE_FREE},
    {PHASE_WRITE_OUT, EVENT_READY, NULL, PHASE_EMPTY},
    {PHASE_WRITE_OUT, EVENT_DISCARD, stop_waiting, PHASE_FREE},
    {PHASE_FREE, EVENT_DONE, NULL, PHASE_DETACH},
    {PHASE_DETACH, EVENT_DONE, NULL, PHASE_STOP},
    {PHASE_STOP, EVENT_DONE, slot_finish, PHASE_TELL},
    {PHASE_STOP, EVENT_READY, begin_anew, PHASE_SOURCE},
    {PHASES_UNDO, EVENT_DISCARD, stop_waiting, PHASE_SAME},
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
