/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A medium that is inserted: programs that die are started again, and the
 * slot's state follows what the source and the host do.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "drive/place.h"
#include "slot/control.h"
#include "slot/slot.h"

/* --- beginning -------------------------------------------------------------- */

static void
watch_drive(struct slot *s)
{
	if (watch_start(&s->watch, s->number, s->own ? NULL : s->device) == -1)
		slot_say(s, "unable to watch the drive: %m");
}

void
slot_begin(struct slot *s)
{
	static const char *const done[] = {"step", NULL};

	state_remove(&s->state, done);
	snprintf(s->source, sizeof(s->source), "ok");
	s->was_in = true;
	/* Before the state: a vm-slot that adopts the medium needs the
	 * limits. */
	slot_limits_begin(s);
	slot_put(s, "state", "active");
	watch_drive(s);
	slot_say(s, "inserted %s as %s from %s", s->url, s->media, s->device);
	slot_notify(s, "active", true);
	slot_hooks_know(s);
	slot_hook(s, "inserted");
	control_answer(s->control, CONTROL_FOLLOW, CAUSE_USUAL, 0, "");
}

static void
adopt(struct slot *s, enum child_id id)
{
	if (child_adopt(&s->children[id], &s->state))
		return;
	slot_say(
	    s, "the %s process was ended: starting it again", child_name(id));
	slot_restart(s, id);
}

void
slot_resume(struct slot *s)
{
	char state[STATE_VALUE_MAX], media[STATE_VALUE_MAX];

	slot_say(s, "going on with %s from %s", s->url, s->device);
	state_get(&s->state, "state", state);
	state_get(&s->state, "media", media);
	snprintf(s->media, sizeof(s->media), "%.7s", media);
	s->was_in = true;
	/* Adopt the programs that still run. If vm-fetchd does not run, wait
	 * for it as for a source that does not answer. */
	if (!s->served)
		adopt(s, CHILD_SOURCE);
	if (slot_has_device(s)) {
		adopt(s, CHILD_ATTACH);
		if (s->writable)
			slot_attend_writer(s);
	}
	watch_drive(s);
	slot_limits_resume(s);
	slot_notify(s, state, true);
	slot_hooks_know(s);
	s->degraded_told = strcmp(state, "degraded") == 0;
	control_answer(s->control, CONTROL_RELOAD, CAUSE_USUAL, 0, "");
}

/* --- the state -------------------------------------------------------------- */

/* Why the source does not work now; "" if it works. */
static const char *
trouble(const struct slot *s, char *buf, size_t size)
{
	const char *said = s->children[CHILD_SOURCE].last;

	bool waits = strcmp(s->source, "waiting") == 0;

	/* If the client is lost, nobody serves the image, even while the host's
	 * reads still wait for the client. */
	if (s->served && (waits || strcmp(s->source, "down") == 0))
		return "the client that serves the image is not connected";
	if (strcmp(s->source, "down") == 0)
		return "the source does not answer";
	if (strcmp(s->source, "refused") != 0)
		return "";
	snprintf(buf, size, "the source refuses: %s",
	    *said != '\0' ? said : "run vmctl renew");
	return buf;
}

/* Set the state by the source. If it changes, tell systemd and run the
 * hooks. */
static void
settle(struct slot *s)
{
	static const char *const reason[] = {"reason", NULL};
	char was[STATE_VALUE_MAX], buf[CHILD_LINE_MAX + 32];
	const char *why = trouble(s, buf, sizeof(buf));

	state_get(&s->state, "state", was);
	if (*why != '\0') {
		slot_put(s, "reason", why);
		if (strcmp(was, "degraded") == 0)
			return;
		slot_put(s, "state", "degraded");
		slot_limits_degraded(s, true);
		slot_say(s, "degraded: %s", why);
		slot_notify(s, "degraded", false);
		slot_hooks_degraded(s, true);
	} else if (strcmp(s->source, "ok") == 0 && strcmp(was, "active") != 0) {
		state_remove(&s->state, reason);
		slot_put(s, "state", "active");
		slot_limits_degraded(s, false);
		slot_say(s, "the source is back");
		slot_notify(s, "active", false);
		slot_hooks_degraded(s, false);
	}
}

void
slot_hear_source(struct slot *s, const char *word)
{
	if ((s->phase & (PHASES_MAKE | PHASES_LIVE)) == 0)
		return;
	if (strcmp(word, "changed") == 0) {
		s->end = "failed";
		slot_set_error(s, CAUSE_CHANGED, EX_DATAERR,
		    "the image changed on the server");
		slot_event(s, EVENT_FAILED);
		return;
	}
	if (strcmp(word, "gone") == 0) {
		if ((s->phase & PHASES_LIVE) != 0) {
			slot_over(s, "the client stopped serving the image");
			return;
		}
		slot_set_error(s, CAUSE_UNREACHABLE, EX_TEMPFAIL,
		    "the client stopped serving the image");
		slot_event(s, EVENT_FAILED);
		return;
	}
	if ((s->phase & PHASES_LIVE) == 0)
		return;
	snprintf(s->source, sizeof(s->source), "%s", word);
	if (strcmp(word, "ok") == 0)
		restart_worked(&s->restart[CHILD_SOURCE]);
	settle(s);
}

/* The line is CLIENT WHO...: the client that serves the image now. */
void
slot_hear_server(struct slot *s, const char *line)
{
	const char *who = strchr(line, ' ');
	char client[128];

	snprintf(client, sizeof(client), "%.*s",
	    who != NULL ? (int)(who - line) : (int)sizeof(client) - 1, line);
	slot_put(s, "client", client);
	slot_put(s, "who", who != NULL ? who + 1 : "");
}

/* Read the source's state from its statistics: a line that it printed while no
 * vm-slot ran may be lost. */
static void
check_source(struct slot *s)
{
	static const char key[] = "\"source\": \"";
	char stats[STATE_VALUE_MAX], *word;

	if (!slot_runs(s, CHILD_SOURCE) ||
	    !state_get(&s->state, "stats", stats))
		return;
	word = strstr(stats, key);
	if (word == NULL)
		return;
	word += sizeof(key) - 1;
	word[strcspn(word, "\"")] = '\0';
	if (strlen(word) < sizeof(s->source) && strcmp(word, s->source) != 0)
		slot_hear_source(s, word);
}

/* --- what ends ---------------------------------------------------------------- */

/* Start this program again. The other programs continue. */
void
slot_restart(struct slot *s, enum child_id id)
{
	s->restart[id].at = 0;
	if (slot_runs(s, id))
		return;
	if (id == CHILD_ATTACH) {
		slot_spawn_attach(s, true);
		return;
	}
	snprintf(s->source, sizeof(s->source), "starting");
	slot_spawn_source(s);
}

/* Does this status of vm-fetchd mean that a later start may succeed? */
static bool
is_refusal(enum child_id id, int status)
{
	return id == CHILD_SOURCE &&
	       (status == EX_NOHOST || status == EX_UNAVAILABLE ||
		   status == EX_OSERR || status == EX_IOERR ||
		   status == EX_TEMPFAIL || status == EX_PROTOCOL ||
		   status == EX_NOPERM);
}

/* A program that must not end has ended: start it again. */
static void
mend(struct slot *s, enum child_id id, int status)
{
	struct restart *r = &s->restart[id];

	if (status > 128 && restart_died(r, clock_ms())) {
		slot_say(s, "the %s process was ended (%d): starting it again",
		    child_name(id), status);
		slot_restart(s, id);
		settle(s);
	} else if (is_refusal(id, status)) {
		/* Try again without a limit. */
		restart_refused(r, clock_ms());
		snprintf(s->source, sizeof(s->source), "refused");
		settle(s);
	} else {
		s->end = "failed";
		slot_fail_by_child(s, id, status);
	}
}

/* A vm-drive has ejected, but its source could not store everything; or the
 * vm-drive does not answer. */
static void
hear_own_loss(struct slot *s)
{
	const struct child *drive = &s->children[CHILD_DRIVE];

	if (drive->cause == CAUSE_UNREACHABLE) {
		slot_event(s, slot_has_device(s) ? EVENT_STUCK : EVENT_END);
		return;
	}
	slot_set_error(s, CAUSE_USUAL, EX_IOERR, "%s", drive->last);
	slot_event(s, EVENT_DONE);
}

/* The eject that the host may refuse has ended. */
static void
hear_host_answer(struct slot *s, int status)
{
	if (s->phase != PHASE_ASK)
		return;
	if (status == EX_IOERR && s->own) {
		hear_own_loss(s);
		return;
	}
	if (status == 0)
		slot_event(s, EVENT_DONE);
	else if (status == EX_IOERR)
		slot_event(s, EVENT_STUCK);
	else
		slot_event(s, EVENT_REFUSED);
}

void
slot_live_ended(struct slot *s, enum child_id id, int status)
{
	switch (id) {
	case CHILD_SOURCE:
	case CHILD_ATTACH:
		mend(s, id, status);
		break;
	case CHILD_WRITER:
		if (slot_replaces_writer(s, status))
			break;
		/* The host must not continue: its data is lost. */
		s->end = "failed";
		slot_fail_by_child(s, id, status);
		break;
	case CHILD_DRIVE:
		hear_host_answer(s, status);
		break;
	case CHILD_KEEPER:
		if (status != 0) {
			s->end = "failed";
			slot_drive_ended(s, status);
		}
		break;
	default:
		break;
	}
}

/* --- what was seen of the drive ------------------------------------------------ */

/* Start the vm-drive again, which goes on with its medium. Unless systemd has
 * kept its descriptors, the host sees that the drive was unplugged. */
static void
mend_drive(struct slot *s)
{
	if (slot_runs(s, CHILD_KEEPER))
		return;
	slot_say(s, "the vm-drive process was ended: starting it again");
	slot_start_keeper(s);
}

void
slot_hear_watch(struct slot *s, const struct look *look)
{
	if ((s->phase & PHASES_LIVE) == 0)
		return;
	if (s->own && look->error == 0 && !drive_is_alive(s->number)) {
		mend_drive(s);
		return;
	}
	if (look->empty) {
		/* It is our own eject, whose end will be reported soon. */
		if (s->phase == PHASE_ASK && slot_runs(s, CHILD_DRIVE))
			return;
		snprintf(s->reason, sizeof(s->reason), "ejected by the host");
		slot_say(s, "%s", s->reason);
		slot_hook(s, "host-eject");
		slot_event(s, EVENT_END);
		return;
	}
	if (look->error == 0)
		slot_hear_port(s, look->state);
	check_source(s);
	slot_shorten_log(s);
}
