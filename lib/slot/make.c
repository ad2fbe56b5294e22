/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The way in: source -> attach -> look -> insert. If a client serves the image,
 * there is no source to start: the client connects to vm-nbd-attach.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gadget/lun.h"
#include "slot/slot.h"

#define DRIVE_MS     2000 /* for reading the state of the drive */
#define UDEV_SECONDS 6

/* --- the source ----------------------------------------------------------- */

/* Start vm-fetchd. It reads what the request asks for. */
void
slot_spawn_source(struct slot *s)
{
	char socket[PATH_MAX], request[PATH_MAX],
	    stats[PATH_MAX + 8] = "stats=";
	char timeout[32], *path = stats + strlen(stats);
	const char *argv[] = {"vm-fetchd", "-U",
	    state_path(&s->state, "work/nbd", socket), "-r",
	    state_path(&s->state, "request", request), timeout, stats, NULL};

	unlink(state_path(&s->state, "stats", path));
	/* Once the medium is in, a busy server makes it degraded at once. */
	snprintf(timeout, sizeof(timeout), "timeout=%d",
	    s->phase == PHASE_SOURCE ? (int)s->timeout : 1);
	slot_start(s, CHILD_SOURCE, 0, argv);
}

void
slot_start_source(struct slot *s)
{
	char value[STATE_VALUE_MAX];

	slot_note_event(s, "activating");
	if (s->served) {
		slot_begin_way(s);
		return;
	}
	slot_step(s, "connecting to %s", s->url);
	if (slot_asked(s, "overlay", value))
		slot_put(s, "overlay", value);
	if (slot_asked(s, "image", value))
		slot_put(s, "image", value);
	slot_spawn_source(s);
}

/* --- the block device ------------------------------------------------------ */

void
slot_spawn_attach(struct slot *s, bool adopt)
{
	const char *argv[12] = {"vm-nbd-attach"};
	char path[PATH_MAX], outage[STATE_VALUE_MAX];
	int n = 1;

	if (adopt) {
		argv[n++] = "-a";
		argv[n++] = s->device;
	}
	if (slot_asked(s, "outage", outage)) {
		argv[n++] = "-o";
		argv[n++] = outage;
	}
	if (!s->writable)
		argv[n++] = "-r";
	if (s->served)
		argv[n++] = "-l";
	argv[n++] = state_path(&s->state, "work/nbd", path);
	argv[n] = NULL;
	slot_start(s, CHILD_ATTACH, 0, argv);
}

void
slot_start_attach(struct slot *s)
{
	if (s->served)
		slot_step(s, "waiting for %s", s->url);
	else
		slot_step(s, "attaching the block device");
	slot_spawn_attach(s, false);
}

/* Start a writer, which writes out the host's data. */
void
slot_attend_writer(struct slot *s)
{
	const char *argv[] = {"vm-nbd-attach", "-W", s->device, NULL};

	s->writer_due = true;
	if (!child_adopt(&s->children[CHILD_WRITER], &s->state))
		slot_start(s, CHILD_WRITER, 0, argv);
}

bool
slot_replaces_writer(struct slot *s, int status)
{
	if (status > 128)
		slot_attend_writer(s);
	else
		s->writer_due = false;
	return s->writer_due;
}

/* --- the look --------------------------------------------------------------- */

void
slot_start_look(struct slot *s)
{
	const char *probe[] = {"vm-probe", "-t", "auto", s->device, NULL, NULL};
	const char *udev[] = {"udevadm", "settle", "-t", "5", NULL};
	char type[STATE_VALUE_MAX];

	slot_step(s, "reading what the image is");
	if (s->writable && slot_has_device(s) && !slot_runs(s, CHILD_WRITER))
		slot_attend_writer(s);
	if (slot_asked(s, "type", type))
		probe[2] = type;
	if (s->own || slot_is_asked(s, "dvd")) {
		probe[3] = s->own ? "-O" : "-D";
		probe[4] = s->device;
	}
	slot_start(s, CHILD_PROBE, 0, probe);
	/* Let udev finish its reads now: reads after the insertion count as the
	 * host's. */
	if (slot_has_device(s) && !slot_runs(s, CHILD_UDEV) &&
	    access("/run/udev/control", F_OK) == 0)
		slot_start(s, CHILD_UDEV, UDEV_SECONDS, udev);
}

void
slot_hear_probe(struct slot *s, const char *line)
{
	/* what vm-probe prints, and the value of the slot's state */
	static const struct {
		const char *field, *name;
	} values[] = {{"format", "format"}, {"label", "label"},
	    {"media", "media"}, {"size", "size"}, {"sector", "sector"},
	    {"summary", "boot"}};
	size_t i, len;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		len = strlen(values[i].field);
		if (strncmp(line, values[i].field, len) == 0 &&
		    strncmp(line + len, ": ", 2) == 0)
			slot_put(s, values[i].name, line + len + 2);
	}
	if (strncmp(line, "warning: ", 9) == 0) {
		slot_say(s, "%s", line + 9);
		slot_note(s, line + 9);
	}
}

/* Returns the options for the slots with such a drive, for the message. */
static const char *
other_slots(enum image_media type)
{
	static char text[128];
	struct gadget_medium medium;
	struct gadget gadget;
	unsigned i;
	int len = 0;

	*text = '\0';
	for (i = 0; i < GADGET_SLOTS; i++) {
		if (gadget_open_slot(&gadget, i, DRIVE_MS) == -1)
			continue;
		if (gadget_get_medium(&gadget, i, &medium) == 0 &&
		    medium.type == type)
			len += snprintf(text + len, sizeof(text) - (size_t)len,
			    " -s %u or", i);
		gadget_close(&gadget);
	}
	return text;
}

/* The image must have the type of the slot's drive, unless --retype is
 * given. */
static void
check_drive(struct slot *s)
{
	struct gadget_medium medium;
	char media[STATE_VALUE_MAX];
	struct gadget gadget;
	const char *drive;
	int rc = -1;

	if (gadget_open_slot(&gadget, s->number, DRIVE_MS) == 0) {
		rc = gadget_get_medium(&gadget, s->number, &medium);
		gadget_close(&gadget);
	}
	if (rc == -1) {
		slot_set_error(s, CAUSE_USUAL, EX_UNAVAILABLE,
		    "slot %u is not set up: see vm-gadget setup", s->number);
		slot_event(s, EVENT_FAILED);
		return;
	}
	state_get(&s->state, "media", media);
	snprintf(s->media, sizeof(s->media), "%.7s", media);
	drive = image_media_name(medium.type);
	if (strcmp(media, drive) == 0 || slot_is_asked(s, "retype")) {
		slot_event(s, EVENT_READY);
		return;
	}
	s->misfit = true;
	slot_set_error(s, CAUSE_TYPE, EX_DATAERR,
	    "the image is a %s, but slot %u has a %s drive: use%s --retype",
	    media, s->number, drive,
	    other_slots(strcmp(media, "cd") == 0 ? IMAGE_CD : IMAGE_DISK));
	slot_event(s, EVENT_FAILED);
}

/* --- the insertion ---------------------------------------------------------- */

void
slot_start_insertion(struct slot *s)
{
	const char *argv[16] = {"vm-gadget", "insert", "-t", s->media};
	char number[8], outage[STATE_VALUE_MAX];
	int n = 4;

	slot_step(s, "inserting the medium");
	if (slot_is_asked(s, "dvd"))
		argv[n++] = "-D";
	if (slot_is_asked(s, "retype"))
		argv[n++] = "-R";
	if (s->writable)
		argv[n++] = "-w";
	if (s->own && slot_asked(s, "outage", outage)) {
		argv[n++] = "-o";
		argv[n++] = outage;
	}
	if (s->own && state_get_number(&s->state, "sector") == 4096) {
		argv[n++] = "-b";
		argv[n++] = "4096";
	}
	snprintf(number, sizeof(number), "%u", s->number);
	argv[n++] = number;
	argv[n++] = s->device;
	argv[n] = NULL;
	slot_put_number(s, "reads", slot_medium_reads(s));
	slot_start(s, CHILD_DRIVE, 0, argv);
}

/* --- an end on the way ------------------------------------------------------ */

void
slot_make_ended(struct slot *s, enum child_id id, int status)
{
	switch (id) {
	case CHILD_PROBE:
		if (status != 0 && slot_needs_own(s))
			slot_event(s, EVENT_OWN);
		else if (status != 0)
			slot_fail_by_child(s, id, status);
		else if (!slot_runs(s, CHILD_UDEV))
			check_drive(s);
		break;
	case CHILD_UDEV: /* whatever its status */
		if (s->phase == PHASE_LOOK && !slot_runs(s, CHILD_PROBE))
			check_drive(s);
		break;
	case CHILD_DRIVE:
		if (status != 0)
			slot_fail_by_child(s, id, status);
		else if (s->phase == PHASE_INSERT)
			slot_event(s, EVENT_READY);
		break;
	case CHILD_KEEPER:
		slot_drive_ended(s, status);
		break;
	case CHILD_WRITER:
		if (s->phase == PHASE_RELEASE) {
			slot_released(s, id, status);
			break;
		}
		if (slot_replaces_writer(s, status))
			break;
		/* FALLTHROUGH */
	default:
		if (id == CHILD_ATTACH && slot_lacks_nbd(s))
			slot_set_error(s, CAUSE_USUAL, EX_UNAVAILABLE,
			    "this kernel has no NBD (module nbd), which an "
			    "image of a client needs: mount its URL, or use "
			    "vmctl image put");
		if (s->phase == PHASE_RELEASE &&
		    (id == CHILD_ATTACH || id == CHILD_DETACH))
			slot_released(s, id, status);
		else
			slot_fail_by_child(s, id, status);
	}
}
