/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "gadget/attr.h"
#include "gadget/lun.h"
#include "redfish/slot-state.h"

#define LOOKS 5 /* most looks at a slot that changes meanwhile */

/* --- who holds it ----------------------------------------------------------- */

/* Does a living process lock that file of the slot? Returns 1 or 0; or -1 with
 * errno if this cannot be told. */
static int
is_locked(const struct state *s, const char *name)
{
	char path[PATH_MAX];
	int fd, rc, saved;

	fd = open(state_path(s, name, path), O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	rc = flock(fd, LOCK_SH | LOCK_NB);
	saved = errno;
	close(fd);
	errno = saved;
	if (rc == 0)
		return 0;
	return errno == EWOULDBLOCK ? 1 : -1;
}

/* Does a process keep the slot in this state, if the state needs one? Returns
 * as is_locked(). */
static int
is_held(const struct state *s, const char *state)
{
	int held;

	if (strcmp(state, "empty") == 0 || strcmp(state, "failed") == 0)
		return 1;
	held = is_locked(s, "pid");
	if (held == 0 && strcmp(state, "activating") == 0)
		held = is_locked(s, "lock");
	return held;
}

/* Find out the state of the slot. If its vm-slot ends at this moment, look at
 * the state again: only a state that stays without a vm-slot is failed. */
static int
find_state(struct slot_state *slot, const struct state *s)
{
	char was[STATE_VALUE_MAX], is[STATE_VALUE_MAX];
	int held = 1, looks;

	state_get(s, "state", is);
	for (looks = 0; looks < LOOKS; looks++) {
		strcpy(was, is);
		held = *is == '\0' ? 1 : is_held(s, is);
		if (held != 0)
			break;
		state_get(s, "state", is);
		if (strcmp(was, is) == 0)
			break;
	}
	if (held == -1)
		return -1;
	snprintf(slot->state, sizeof(slot->state), "%.15s",
	    held == 0	  ? "failed"
	    : *is == '\0' ? "empty"
			  : is);
	return 0;
}

static bool
is_state(const struct slot_state *slot, const char *state)
{
	return strcmp(slot->state, state) == 0;
}

bool
slot_state_is_in(const struct slot_state *slot)
{
	return is_state(slot, "active") || is_state(slot, "degraded");
}

bool
slot_state_is_changing(const struct slot_state *slot)
{
	return is_state(slot, "activating") || is_state(slot, "deactivating");
}

/* --- the drive ---------------------------------------------------------------- */

/*
 * Ask the kernel about the drive. Its `file`, and the UDC of its gadget, cannot
 * be read while a change of them waits for a dead medium (gadget/attr.h).
 * Therefore they are not read in any state in which there can be such a change.
 */
static void
see_drive(struct slot_state *slot)
{
	bool is_calm = is_state(slot, "active") || is_state(slot, "empty");
	struct gadget gadget;
	struct gadget_medium medium;
	char udc[UDC_NAME_SIZE] = "";

	if (gadget_open_slot(&gadget, slot->number, ATTR_FOREVER) == -1)
		return;
	if (is_calm ? gadget_get_medium(&gadget, slot->number, &medium) == 0
		    : gadget_get_drive(&gadget, slot->number, &medium) == 0) {
		slot->is_set_up = true;
		slot->drive = medium.type;
		slot->writable = !medium.ro;
		snprintf(slot->file, sizeof(slot->file), "%s", medium.file);
	}
	if ((is_calm || is_state(slot, "degraded")) &&
	    gadget_udc(&gadget, udc) == 0 && *udc != '\0' &&
	    udc_state(udc, slot->host) == -1)
		*slot->host = '\0';
	gadget_close(&gadget);
	if (is_state(slot, "empty") && *slot->file != '\0')
		strcpy(slot->state, "other");
}

/* Has another program changed in the kernel what vmedia made? */
static void
see_drift(struct slot_state *slot, const struct state *s)
{
	const char *sys = getenv("VM_SYS"), *name;
	char device[STATE_VALUE_MAX], path[PATH_MAX];

	state_get(s, "device", device);
	name = strncmp(device, "/dev/", 5) == 0 ? device + 5 : device;
	snprintf(path, sizeof(path), "%s/block/%s/pid",
	    sys != NULL ? sys : "/sys", name);
	/* A vm-drive reads from a socket: no block device has
	 * to be attached. */
	if (name != device && access(path, F_OK) == -1)
		snprintf(slot->drift, sizeof(slot->drift),
		    "%.64s is not attached", device);
	else if (!slot->is_set_up)
		strcpy(slot->drift, "the drive is gone");
	else if (*slot->file == '\0')
		strcpy(slot->drift, "the drive is empty");
	else if (strcmp(slot->file, device) != 0)
		snprintf(slot->drift, sizeof(slot->drift),
		    "the drive holds %.64s", slot->file);
	else if (*slot->host == '\0')
		strcpy(slot->drift, "the host does not see the drive");
}

/* --- the source --------------------------------------------------------------- */

/* The number of that name in the statistics, or -1. They are not trusted: a
 * process that speaks to the network wrote them. */
static int64_t
number_of(const char *stats, const char *name)
{
	const char *at = strstr(stats, name);
	char digits[24];
	uint64_t value;

	if (at == NULL)
		return -1;
	at += strlen(name);
	snprintf(digits, sizeof(digits), "%.*s",
	    (int)strspn(at, "0123456789") < 20 ? (int)strspn(at, "0123456789")
					       : 20,
	    at);
	return number_parse(digits, 0, INT64_MAX, &value) == 0 ? (int64_t)value
							       : -1;
}

/* Make 64 hexadecimal digits of the map, which has up to 1,100 digits from 0 to
 * 9. */
static void
shrink_map(const char *map, size_t len, char out[SLOT_MAP_CELLS + 1])
{
	size_t cells = len < SLOT_MAP_CELLS ? len : SLOT_MAP_CELLS;
	size_t i, j, from, to, sum;

	for (i = 0; i < cells; i++) {
		from = i * len / cells;
		to = (i + 1) * len / cells;
		for (sum = 0, j = from; j < to; j++)
			sum += (size_t)(map[j] - '0');
		out[i] = "0123456789abcdef"[sum * 15 / (9 * (to - from))];
	}
	out[cells] = '\0';
}

void
slot_state_parse_source(struct slot_state *slot, const char *stats)
{
	static const char name[] = "\"map\": \"";
	const char *map = strstr(stats, name);

	slot->read = number_of(stats, "\"read\": ");
	slot->fetched = number_of(stats, "\"fetched\": ");
	slot->written = number_of(stats, "\"written\": ");
	slot->rate = number_of(stats, "\"rate\": ");
	slot->has_source = slot->read != -1 && slot->fetched != -1;
	*slot->map = '\0';
	if (map != NULL) {
		map += sizeof(name) - 1;
		shrink_map(map, strspn(map, "0123456789"), slot->map);
	}
}

/* --- all together ------------------------------------------------------------- */

/* Copy a value, cut to the given size. */
static void
get(const struct state *s, const char *name, char *out, size_t size)
{
	char value[STATE_VALUE_MAX];

	state_get(s, name, value);
	snprintf(out, size, "%.*s", (int)size - 1, value);
}

static void
read_texts(struct slot_state *slot, const struct state *s)
{
	char value[STATE_VALUE_MAX];

	get(s, "url", slot->url, sizeof(slot->url));
	get(s, "label", slot->label, sizeof(slot->label));
	get(s, "boot", slot->boot, sizeof(slot->boot));
	get(s, "client", slot->client, sizeof(slot->client));
	get(s, "step", slot->step, sizeof(slot->step));
	get(s, "note", slot->note, sizeof(slot->note));
	get(s, "reason", slot->reason, sizeof(slot->reason));
	get(s, "error", slot->error, sizeof(slot->error));
	slot->is_once = state_get(s, "once", value);
}

static void
read_numbers(struct slot_state *slot, const struct state *s)
{
	char path[PATH_MAX], stats[STATE_VALUE_MAX];
	struct stat st;

	slot->size = state_get_number(s, "size");
	slot->expires = state_get_number(s, "expires");
	if (slot->expires != -1) {
		slot->expires -= state_now();
		if (slot->expires < 0)
			slot->expires = 0;
	}
	/* vm-slot writes the value `reads` when it inserts the medium. */
	if (stat(state_path(s, "reads", path), &st) == 0)
		slot->inserted = st.st_mtime;
	if (state_get(s, "stats", stats))
		slot_state_parse_source(slot, stats);
}

int
slot_state_read(struct slot_state *slot, unsigned number)
{
	struct state s;

	*slot = (struct slot_state){.number = number,
	    .size = -1,
	    .inserted = -1,
	    .expires = -1,
	    .read = -1,
	    .fetched = -1,
	    .written = -1,
	    .rate = -1};
	state_init(&s, number);
	if (find_state(slot, &s) == -1)
		return -1;
	see_drive(slot);
	if (!is_state(slot, "other")) {
		read_texts(slot, &s);
		read_numbers(slot, &s);
	}
	if (is_state(slot, "active"))
		see_drift(slot, &s);
	return 0;
}
