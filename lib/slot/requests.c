/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The requests that arrive at the socket of a slot: control.h has the protocol.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "slot/control.h"
#include "slot/slot.h"

static void
be_ejected(struct slot *s, const char *how, int client)
{
	static const struct {
		const char *how;
		enum event event;
	} ways[] = {{"", EVENT_EJECT}, {"force", EVENT_END},
	    {"take", EVENT_END}, {"source", EVENT_END},
	    {"discard", EVENT_DISCARD}};
	size_t i;

	if ((s->phase & (PHASE_TELL | PHASE_OVER)) != 0) {
		control_reply(s->control, client, 0, "");
		return;
	}
	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(how, ways[i].how) == 0)
			break;
	if (i == sizeof(ways) / sizeof(*ways)) {
		control_reply(s->control, client, EX_USAGE,
		    "no such request: use eject, or eject with force, take, "
		    "source or discard");
		return;
	}
	slot_say_asked(s, "eject%s%s%s", *how != '\0' ? " (" : "", how,
	    *how != '\0' ? ")" : "");
	control_set(s->control, client, CONTROL_EJECT);
	if ((s->phase & PHASES_LIVE) == 0 && ways[i].event == EVENT_END)
		slot_event(s, EVENT_EJECT);
	else if (strcmp(how, "source") == 0)
		slot_over(s, "the client stopped serving the image");
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
		control_set(s->control, client, CONTROL_FOLLOW);
		control_answer(s->control, CONTROL_FOLLOW, s->cause,
		    s->status != 0 ? s->status : EX_TEMPFAIL,
		    s->status != 0 ? s->error : s->reason);
	} else {
		control_set(s->control, client, CONTROL_FOLLOW);
		if (state_get(&s->state, "step", step))
			control_step(s->control, step);
	}
}

static void
be_watched(struct slot *s, int client)
{
	if ((s->phase & PHASES_LIVE) != 0)
		slot_begin_watching(s, client);
	else
		control_reply(
		    s->control, client, EX_TEMPFAIL, "the slot is not active");
}

static void
be_renewed(struct slot *s, int client)
{
	struct child *source = &s->children[CHILD_SOURCE];

	slot_say_asked(s, "renew the link of %s", s->url);
	state_get(&s->state, "url", s->url);
	if (source->pid == 0) {
		/* vm-slot will start vm-fetchd again, with the new URL. */
		control_reply(s->control, client, 0, "");
		return;
	}
	if (kill(source->pid, SIGUSR1) == 0)
		control_reply(s->control, client, 0, "");
	else
		control_reply(
		    s->control, client, EX_OSERR, "unable to signal vm-fetchd");
}

/* Execute the installed vm-slot in the same process. First check that it can
 * start at all. */
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

void
slot_checked(struct slot *s, int status)
{
	if ((s->phase & PHASES_LIVE) == 0)
		return;
	if (status == 0) {
		s->reload_due = true;
		return;
	}
	slot_say(s,
	    "unable to execute the installed vm-slot: this vm-slot continues");
	control_answer(s->control, CONTROL_RELOAD, CAUSE_USUAL, EX_OSERR,
	    "unable to execute the installed vm-slot: this vm-slot continues");
}

/* Reload only if no hook and no power command runs: their events and output
 * would be lost. */
void
slot_reload(struct slot *s)
{
	if (!s->reload_due || s->phase != PHASE_IN || *s->hooks != '\0' ||
	    slot_runs(s, CHILD_HOOK) || slot_runs(s, CHILD_POWER))
		return;
	s->reload_due = false;
	s->reload_client = control_find(s->control, CONTROL_RELOAD);
	s->reload(s);
	s->reload_client = -1;
	slot_checked(s, EX_OSERR);
}

void
slot_asked_for(struct slot *s, const char *request, int client)
{
	if (strcmp(request, "follow") == 0)
		be_followed(s, client);
	else if (strcmp(request, "watch") == 0)
		be_watched(s, client);
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
