/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Which drive shows the medium: the kernel's drive, from a block device that is
 * attached to the source, or a vm-drive(8), from the source's socket. A request
 * names the drive: kernel (the default), own, or auto. With auto it is the
 * kernel's drive, unless that cannot show the image, or the slot already has a
 * vm-drive. vmctl asks for auto only if there is FunctionFS.
 *
 * If a client serves the image, the kernel has its connection, because the
 * kernel keeps reads while the client is away. A vm-drive then shows the block
 * device, and only if it must: each byte takes a longer way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "drive/place.h"
#include "gadget/lun.h"
#include "slot/slot.h"

#define DRIVE_SECONDS 30   /* until a vm-drive has started, or ended */
#define GADGET_MS     2000 /* for reading the state of the drives */

/* Does the kernel have NBD devices? vmctl has loaded the module, if it
 * exists. */
static bool
kernel_has_nbd(void)
{
	const char *sys = getenv("VM_SYS");
	char path[PATH_MAX];

	snprintf(
	    path, sizeof(path), "%s/block/nbd0", sys != NULL ? sys : "/sys");
	return access(path, F_OK) == 0;
}

static bool
asks_for(const struct slot *s, const char *drive)
{
	char value[STATE_VALUE_MAX];

	return slot_asked(s, "drive", value) && strcmp(value, drive) == 0;
}

static bool
may_be_own(const struct slot *s)
{
	return asks_for(s, "own") || asks_for(s, "auto");
}

/* --- the choice ------------------------------------------------------------ */

static void
choose_own(struct slot *s)
{
	s->own = true;
	slot_put(s, "drive", "own");
}

static void
use_socket(struct slot *s)
{
	char path[PATH_MAX];

	choose_own(s);
	snprintf(s->device, sizeof(s->device), "%s",
	    state_path(&s->state, "work/nbd", path));
	slot_put(s, "device", s->device);
}

void
slot_begin_way(struct slot *s)
{
	if (s->served && asks_for(s, "own"))
		choose_own(s);
	if (!s->served && may_be_own(s) &&
	    (asks_for(s, "own") || !kernel_has_nbd() ||
		drive_is_alive(s->number))) {
		use_socket(s);
		slot_event(s, EVENT_OWN);
	} else {
		slot_event(s, EVENT_READY);
	}
}

bool
slot_lacks_nbd(const struct slot *s)
{
	return s->served && !kernel_has_nbd();
}

bool
slot_needs_own(const struct slot *s)
{
	return !s->own && may_be_own(s) &&
	       s->children[CHILD_PROBE].cause == CAUSE_TOO_LARGE;
}

/* --- from one to the other --------------------------------------------------- */

/* Detach the block device, unless a client serves the image: the vm-drive reads
 * from the source. */
void
slot_release_device(struct slot *s)
{
	const char *argv[] = {"vm-nbd-attach", "-D", s->device, NULL};

	slot_say(s, "vm-drive shows an image of any size: going on with it");
	if (s->served) {
		choose_own(s);
		slot_event(s, EVENT_READY);
		return;
	}
	child_kill(&s->children[CHILD_WRITER]);
	s->writer_due = false;
	slot_start(s, CHILD_DETACH, DRIVE_SECONDS, argv);
}

void
slot_released(struct slot *s, enum child_id id, int status)
{
	if (id == CHILD_DETACH && status != 0) {
		slot_fail_by_child(s, id, status);
		return;
	}
	if (id == CHILD_DETACH)
		child_stop(&s->children[CHILD_ATTACH]);
	if (slot_runs(s, CHILD_DETACH) || slot_runs(s, CHILD_ATTACH) ||
	    slot_runs(s, CHILD_WRITER))
		return;
	use_socket(s);
	slot_event(s, EVENT_READY);
}

/* --- the vm-drive -------------------------------------------------------------- */

/* If we are a service of systemd, start another one: it must outlive us. */
void
slot_start_keeper(struct slot *s)
{
	char unit[40], number[8], path[PATH_MAX];
	const char *service[] = {"systemctl", "start", unit, NULL};
	const char *alone[] = {"vm-drive", "-B", number, NULL};

	unlink(drive_path(s->number, "error", path));
	snprintf(unit, sizeof(unit), "vmedia-drive@%u.service", s->number);
	snprintf(number, sizeof(number), "%u", s->number);
	slot_start(s, CHILD_KEEPER, DRIVE_SECONDS,
	    getenv("INVOCATION_ID") != NULL ? service : alone);
}

static void
end_keeper(struct slot *s)
{
	char number[8];
	const char *argv[] = {"vm-drive", "-e", number, NULL};

	snprintf(number, sizeof(number), "%u", s->number);
	slot_start(s, CHILD_KEEPER, DRIVE_SECONDS, argv);
}

/* Do other slots have media? The change of the drive would take them from the
 * host. */
static bool
others_have_media(const struct slot *s)
{
	struct gadget_medium other;
	struct gadget gadget;
	bool any;

	if (gadget_open_slot(&gadget, s->number, GADGET_MS) == -1)
		return false;
	any = gadget_find_held(&gadget, s->number, &other) == GADGET_HELD;
	gadget_close(&gadget);
	return any;
}

void
slot_start_drive(struct slot *s)
{
	bool is_alive = drive_is_alive(s->number);

	if (is_alive && !s->own && asks_for(s, "auto") && others_have_media(s))
		choose_own(s);
	if (s->own == is_alive) {
		slot_event(s, EVENT_READY);
	} else if (is_alive) {
		slot_step(s, "giving the slot back to the kernel's drive");
		end_keeper(s);
	} else {
		slot_step(s, "starting the drive");
		slot_start_keeper(s);
	}
}

/* If the vm-drive is a service, only its journal and this file tell why it
 * failed. */
void
slot_drive_ended(struct slot *s, int status)
{
	char why[CHILD_LINE_MAX];
	int told, at = 0;

	if (status == 0) {
		slot_event(s, EVENT_READY);
		return;
	}
	if (drive_read_line(s->number, "error", why, sizeof(why)) &&
	    sscanf(why, "%d %n", &told, &at) == 1 && at > 0)
		slot_set_error(s, CAUSE_USUAL, told, "%s", why + at);
	slot_fail_by_child(s, CHILD_KEEPER, status);
}
