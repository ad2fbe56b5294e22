/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "drive/place.h"
#include "gadget/presence.h"
#include "gadget/status.h"

static const char *const names[GADGET_FIELDS] = {[GADGET_TYPE] = "type",
    [GADGET_FILE] = "file",
    [GADGET_RO] = "ro",
    [GADGET_UDC] = "udc",
    [GADGET_STATE] = "state",
    [GADGET_DRIVES] = "drives",
    [GADGET_DRIVER] = "driver",
    [GADGET_READS] = "reads",
    [GADGET_WRITES] = "writes",
    [GADGET_ERRORS] = "errors",
    [GADGET_POSITION] = "position",
    [GADGET_LAST] = "last"};

static const char *
drives(const struct gadget_status *status)
{
	return status->on_demand ? "on-demand" : "permanent";
}

static const char *
driver(const struct gadget_status *status)
{
	return status->is_own ? "vm-drive" : "kernel";
}

static void
read_counts(struct gadget *gadget, unsigned slot, struct gadget_status *status)
{
	struct drive_counters counters;
	uint64_t numbers[4];
	int i;

	memset(status->counts, 0, sizeof(status->counts));
	*status->last = '\0';
	status->is_own = gadget_is_own(gadget, slot);
	if (!status->is_own || drive_get_counters(slot, &counters) == -1)
		return;
	numbers[0] = counters.reads;
	numbers[1] = counters.writes;
	numbers[2] = counters.errors;
	numbers[3] = counters.position;
	strcpy(status->last, counters.last);
	for (i = 0; i < 4; i++)
		snprintf(status->counts[i], sizeof(status->counts[i]),
		    "%" PRIu64, numbers[i]);
}

int
gadget_get_status(
    struct gadget *gadget, unsigned slot, struct gadget_status *status)
{
	struct gadget_presence presence;

	if (gadget_get_medium(gadget, slot, &status->medium) == -1 ||
	    gadget_get_presence(gadget, &presence) == -1)
		return -1;
	status->on_demand = presence.on_demand;
	read_counts(gadget, slot, status);
	gadget_name(gadget->number, status->gadget);
	*status->udc = *status->state = '\0';
	if (gadget_udc(gadget, status->udc) == -1 && errno != ETIMEDOUT)
		return -1;
	if (*status->udc != '\0' && udc_state(status->udc, status->state) == -1)
		*status->state = '\0';
	return 0;
}

int
gadget_find_field(const char *name)
{
	int i;

	for (i = 0; i < GADGET_FIELDS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

int
gadget_parse_fields(
    const char *list, enum gadget_field fields[static GADGET_FIELDS])
{
	char copy[160], *rest = copy, *name;
	int field, count = 0;

	snprintf(copy, sizeof(copy), "%s", list);
	while ((name = strsep(&rest, ",")) != NULL) {
		field = gadget_find_field(name);
		if (field == -1 || count == GADGET_FIELDS)
			return -1;
		fields[count++] = (enum gadget_field)field;
	}
	return count;
}

const char *
gadget_status_value(const struct gadget_status *status, enum gadget_field field)
{
	const struct gadget_medium *medium = &status->medium;
	const char *const values[GADGET_FIELDS] = {
	    [GADGET_TYPE] = image_media_name(medium->type),
	    [GADGET_FILE] = medium->unknown ? NULL : medium->file,
	    [GADGET_RO] = medium->ro ? "1" : "0",
	    [GADGET_UDC] = status->udc,
	    [GADGET_STATE] = status->state,
	    [GADGET_DRIVES] = drives(status),
	    [GADGET_DRIVER] = driver(status),
	    [GADGET_READS] = status->counts[0],
	    [GADGET_WRITES] = status->counts[1],
	    [GADGET_ERRORS] = status->counts[2],
	    [GADGET_POSITION] = status->counts[3],
	    [GADGET_LAST] = status->last};

	return values[field];
}

const char *
gadget_status_text(
    const struct gadget_status *status, char buf[GADGET_STATUS_SIZE])
{
	const struct gadget_medium *medium = &status->medium;
	const char *file = medium->file, *mode = medium->ro ? " ro" : " rw";

	if (medium->unknown) {
		file = "a medium that does not answer";
		mode = "";
	} else if (*file == '\0') {
		file = "empty";
		mode = "";
	}
	if (status->on_demand && !gadget_is_held(medium) &&
	    *status->udc == '\0') {
		snprintf(buf, GADGET_STATUS_SIZE,
		    "slot %u: %s, empty, no drive until a medium is inserted",
		    medium->slot, image_media_name(medium->type));
		return buf;
	}
	snprintf(buf, GADGET_STATUS_SIZE, "slot %u: %s, %s%s, %s%s%s%s",
	    medium->slot, image_media_name(medium->type), file, mode,
	    *status->udc != '\0' ? "UDC " : "no UDC", status->udc,
	    *status->udc != '\0' ? " " : "", status->state);
	return buf;
}

const char *
gadget_status_json(
    const struct gadget_status *status, char buf[GADGET_STATUS_SIZE])
{
	static char file[JSON_QUOTED_SIZE(PATH_MAX)];
	char udc[JSON_QUOTED_SIZE(UDC_NAME_SIZE)];
	char state[JSON_QUOTED_SIZE(UDC_STATE_SIZE)];
	const struct gadget_medium *medium = &status->medium;

	json_quote(file, medium->file);
	snprintf(buf, GADGET_STATUS_SIZE,
	    "{\"slot\": %u, \"type\": \"%s\", \"file\": %s, \"ro\": %s, "
	    "\"gadget\": \"%s\", \"drives\": \"%s\", "
	    "\"driver\": \"%s\", \"udc\": %s, "
	    "\"state\": %s}",
	    medium->slot, image_media_name(medium->type),
	    medium->unknown ? "null" : file, medium->ro ? "true" : "false",
	    status->gadget, drives(status), driver(status),
	    json_quote(udc, status->udc), json_quote(state, status->state));
	return buf;
}
