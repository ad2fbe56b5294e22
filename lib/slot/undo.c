/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The way out, from any phase, step by step. No step needs to know how far the
 * way in has come. A process cannot end while its read of the block device
 * waits, so the block device is detached before the programs are stopped.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "slot/control.h"
#include "slot/slot.h"

#define STEP_SECONDS  20   /* at most, for vm-gadget and vm-nbd-attach */
#define OWN_SECONDS   60   /* for a vm-drive's source to store all */
#define FREED_SECONDS "10" /* for an eject when reads have ended */
#define EJECTS_MOST   5	   /* retries for a vm-drive that cannot be asked */
#define JOBS_SECONDS  5

/* Does a vm-drive write out what the host wrote? For a block device, our writer
 * does. */
static bool
drive_writes_out(const struct slot *s)
{
	return s->own && !slot_has_device(s);
}

static unsigned
drive_seconds(const struct slot *s)
{
	return drive_writes_out(s) ? OWN_SECONDS : STEP_SECONDS;
}

/* --- asking the host ------------------------------------------------------------ */

/* Eject, unless the host refuses. (udev's cdrom_id on the host locks each CD
 * that it sees, until somebody ejects it there.) */
void
slot_ask_host(struct slot *s)
{
	char number[8];
	const char *argv[] = {"vm-gadget", "eject", "-T", "1", number, NULL};

	snprintf(number, sizeof(number), "%u", s->number);
	slot_start(s, CHILD_DRIVE, drive_seconds(s), argv);
}

void
slot_refused(struct slot *s)
{
	const struct child *drive = &s->children[CHILD_DRIVE];

	control_answer(
	    s->control, CONTROL_EJECT, drive->cause, EX_TEMPFAIL, drive->last);
}

/* --- the drive -------------------------------------------------------------------- */

/* Eject our medium even if the host has locked the drive. */
static void
start_eject(struct slot *s, const char *seconds)
{
	char number[8];
	const char *argv[] = {"vm-gadget", "eject", s->discarded ? "-x" : "-f",
	    "-T", seconds, "-m", s->device, number, NULL};

	snprintf(number, sizeof(number), "%u", s->number);
	slot_start(s, CHILD_DRIVE, drive_seconds(s), argv);
}

static void
start_detach(struct slot *s)
{
	const char *argv[] = {"vm-nbd-attach", "-D", s->device, NULL};

	if (!slot_runs(s, CHILD_DETACH)) /* an earlier vm-slot's may run */
		slot_start(s, CHILD_DETACH, STEP_SECONDS, argv);
}

void
slot_empty_drive(struct slot *s)
{
	if (*s->device == '\0') {
		slot_event(s, EVENT_DONE);
	} else if (s->stuck) {
		slot_event(s, EVENT_STUCK);
	} else if (slot_runs(s, CHILD_DRIVE)) {
		/* Wait until the insertion or eject that runs has ended. If a
		 * vm-gadget is killed while it changes the type of a drive, the
		 * host has no drives. */
		child_hurry(&s->children[CHILD_DRIVE], drive_seconds(s));
		s->interrupted = true;
	} else {
		start_eject(s, "1");
	}
}

/* If the source does not answer, the host's read blocks the write that ejects.
 * When the block device is detached, both end. */
void
slot_free_drive(struct slot *s)
{
	if (s->writer_due)
		slot_say(s, "vm-slot did not wait for the data that the host "
			    "wrote last: some of it may be lost");
	s->writer_due = false;
	if (s->stuck)
		start_detach(s);
	else
		slot_event(s, EVENT_DONE);
}

/* A vm-drive reports its eject only after it has written out what the host
 * wrote. */
static void
own_drive_ended(struct slot *s, int status)
{
	const struct child *drive = &s->children[CHILD_DRIVE];

	/* Another vm-gadget may hold the lock until its own eject has ended. */
	if (status != 0 && status != EX_IOERR && s->ejects++ < EJECTS_MOST) {
		start_eject(s, "1");
		return;
	}
	if (status != 0 && !s->discarded)
		slot_set_error(s, CAUSE_USUAL, EX_IOERR, "%s",
		    *drive->last != '\0' ? drive->last
					 : "unable to eject the medium");
	slot_event(s, EVENT_DONE);
}

/* Has a vm-drive not answered? Otherwise it has ejected and reported a loss,
 * which the writer reports, too. */
static bool
is_still_in(const struct slot *s)
{
	return s->own && s->children[CHILD_DRIVE].cause == CAUSE_UNREACHABLE;
}

static void
drive_ended(struct slot *s, int status)
{
	if (s->phase == PHASE_EMPTY && !s->interrupted && drive_writes_out(s)) {
		own_drive_ended(s, status);
	} else if (s->phase == PHASE_EMPTY && s->interrupted) {
		s->interrupted = false;
		start_eject(s, "1");
	} else if (s->phase == PHASE_EMPTY) {
		slot_event(s, status == 0 ? EVENT_DONE : EVENT_STUCK);
	} else if (s->phase == PHASE_FREE) {
		if (status != 0 && is_still_in(s))
			slot_set_error(s, CAUSE_USUAL, EX_OSERR,
			    "unable to undo the mount: %s",
			    s->children[CHILD_DRIVE].last);
		slot_event(s, EVENT_DONE);
	}
}

/* --- what the host wrote ------------------------------------------------------------ */

/*
 * Make the writer write out the data once more. Its exit status tells whether
 * the data was saved. The signal kills a writer that has just started, before
 * it has written: slot_hear_writer() sends the signal again to the next one.
 */
void
slot_write_out(struct slot *s)
{
	struct child *writer = &s->children[CHILD_WRITER];

	if (!s->writer_due || s->discarded) {
		slot_event(s, EVENT_DONE);
	} else if (writer->pid == 0) {
		slot_attend_writer(s);
	} else {
		child_end_gently(writer);
	}
}

void
slot_hear_writer(struct slot *s)
{
	if (s->phase == PHASE_WRITE_OUT)
		child_end_gently(&s->children[CHILD_WRITER]);
}

static void
writer_ended(struct slot *s, int status)
{
	const struct child *writer = &s->children[CHILD_WRITER];
	bool told = strstr(writer->last, ": unable to write out ") != NULL;

	if (!s->writer_due)
		return;
	/* The writer was killed, or adopted: another writer does its work. */
	if (status > 128 && !told) {
		if (s->phase == PHASE_WRITE_OUT)
			slot_attend_writer(s);
		return;
	}
	s->writer_due = false;
	/* The data is saved, so the source answers: empty the drive now, and
	 * save what the host has written until then. */
	if (status == 0 && s->phase == PHASE_WRITE_OUT && s->stuck &&
	    !s->emptied_again) {
		s->emptied_again = true;
		s->stuck = false;
		slot_attend_writer(s);
		slot_event(s, EVENT_READY);
		return;
	}
	if (s->discarded)
		status = 0; /* the writer's line is in the log */
	if (status != 0 && *writer->last != '\0')
		slot_set_error(s, CAUSE_USUAL, EX_IOERR, "%s", writer->last);
	else if (status != 0)
		slot_set_error(s, CAUSE_USUAL, EX_IOERR,
		    "unable to write out %s: the writer ended (%d)", s->device,
		    status);
	if (s->phase == PHASE_WRITE_OUT)
		slot_event(s, EVENT_DONE);
}

/* --- the programs --------------------------------------------------------------------- */

void
slot_detach(struct slot *s)
{
	child_kill(&s->children[CHILD_WRITER]);
	if (slot_has_device(s))
		start_detach(s);
	else
		slot_event(s, EVENT_DONE);
}

/* Have the programs ended? Wait here for systemd's answer, too, but not for the
 * hooks. */
static bool
is_stopped(const struct slot *s)
{
	enum child_id id;

	for (id = 0; id < CHILDREN; id++)
		if (id != CHILD_HOOK && slot_runs(s, id))
			return false;
	return true;
}

static void
stopped(struct slot *s)
{
	if (is_stopped(s))
		slot_event(s, s->to_make ? EVENT_READY : EVENT_DONE);
}

void
slot_stop(struct slot *s)
{
	enum child_id id;

	for (id = 0; id < CHILDREN; id++)
		if (id != CHILD_HOOK && id != CHILD_JOBS)
			child_stop(&s->children[id]);
	stopped(s);
}

/* If a part of the slot may be left, the state must not be empty. */
static void
check_undone(struct slot *s, int status)
{
	const char *why = s->children[CHILD_DETACH].last;

	if (status != 0)
		slot_set_error(s, CAUSE_USUAL, EX_OSERR,
		    "unable to undo the mount: %s",
		    *why != '\0' ? why : s->device);
}

void
slot_undo_ended(struct slot *s, enum child_id id, int status)
{
	if (id == CHILD_DRIVE)
		drive_ended(s, status);
	else if (id == CHILD_WRITER)
		writer_ended(s, status);
	else if (id == CHILD_DETACH && s->phase == PHASE_FREE)
		start_eject(s, FREED_SECONDS);
	else if (id == CHILD_DETACH && s->phase == PHASE_DETACH) {
		check_undone(s, status);
		slot_event(s, EVENT_DONE);
	}
	if (s->phase == PHASE_STOP)
		stopped(s);
}

/* --- the beginning and the end of it ---------------------------------------------------- */

/* Ask systemd whether it restarts us: then the request must stay. */
static void
ask_systemd(struct slot *s)
{
	const char *argv[] = {"systemctl", "list-jobs", "--no-legend", NULL};

	if (getenv("INVOCATION_ID") != NULL)
		slot_start(s, CHILD_JOBS, JOBS_SECONDS, argv);
}

void
slot_hear_job(struct slot *s, const char *line)
{
	char unit[40];

	snprintf(unit, sizeof(unit), "vmedia-slot@%u.service", s->number);
	line = strstr(line, unit);
	if (line != NULL &&
	    strncmp(line + strlen(unit) + strspn(line + strlen(unit), " "),
		"restart", 7) == 0)
		s->restarting = true;
}

/*
 * Tell clients that have the file `ending` open how the medium ends. The next
 * medium gets a new file of that name, so a slow reader still finds this one.
 */
static void
tell_ending(const struct slot *s, const char *why)
{
	char path[PATH_MAX];
	int fd = open(state_path(&s->state, "ending", path),
	    O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd == -1)
		return;
	dprintf(fd, "%d %s\n", s->status, why);
	close(fd);
}

/* Begin the end, and set the reason for it. */
void
slot_begin_end(struct slot *s)
{
	static const char *const reason[] = {"reason", NULL};

	state_remove(&s->state, reason);
	slot_end_tickets(s);
	if (*s->reason != '\0') {
		slot_put(s, "reason", s->reason);
		tell_ending(s, s->reason);
	}
	slot_put(s, "state", "deactivating");
	slot_note_event(s, "deactivating");
	slot_hooks_know(s);
	control_step(s->control, "ejecting");
	control_state(s->control, "ejecting");
	watch_stop(&s->watch);
	ask_systemd(s);
}

void
slot_remove_leftovers(struct slot *s)
{
	static const char *const names[] = {"device", "size", "format", "label",
	    "boot", "media", "drive", "reads", "sector", "step", "stats",
	    "overlay", "note", "image", "expires", "idle", "degraded", "once",
	    "client", "who", "host-read", NULL};

	state_remove(&s->state, names);
	*s->device = '\0';
	s->own = false;
}

/* Log why the slot ends, unless a line of a program in the log says it. */
static void
log_error(const struct slot *s)
{
	if (s->was_in)
		slot_say(s, "%s", s->error);
	else if (s->misfit && state_has(&s->state, "guessed"))
		slot_say(s, "the image is a %s: vmctl chooses another slot",
		    s->media);
	else if (s->in_log)
		slot_say(s, "the mount failed");
	else
		slot_say(s, "the mount failed: %s", s->error);
}

void
slot_finish(struct slot *s)
{
	static const char *const asked[] = {"url", "timeout", NULL};
	static const char *const rest[] = {
	    "verbose", "called-off", "guessed", NULL};

	slot_remove_leftovers(s);
	if (*s->error != '\0') {
		slot_end_tickets(s);
		log_error(s);
		tell_ending(s, s->error);
		slot_put(s, "error", s->error);
		slot_put(s, "cause", cause_word(s->cause, s->status));
		slot_put_number(s, "status", s->status);
	} else if (s->was_in && !s->cleaning) {
		slot_say(s, "ejected %s", s->url);
	}
	if (!s->restarting) {
		state_remove_dir(&s->state, "request");
		state_remove(&s->state, asked);
	}
	slot_put(s, "state", s->end);
	if (ftruncate(s->lock, 0) == -1)
		slot_say(s, "unable to empty %s/pid: %m", s->state.dir);
	state_remove(&s->state, rest);
	/* If an eject stopped the mount, the eject has succeeded. */
	control_answer(s->control, CONTROL_EJECT, s->cause,
	    s->was_in ? s->status : 0, s->error);
	control_answer(s->control, CONTROL_WATCH, CAUSE_USUAL, 0, "");
	control_answer(s->control, CONTROL_FOLLOW, s->cause,
	    s->status != 0 ? s->status : EX_TEMPFAIL,
	    s->status != 0 ? s->error : s->reason);
}
