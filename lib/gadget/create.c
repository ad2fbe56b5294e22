/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gadget/create.h"
#include "gadget/configfs.h"
#include "gadget/lun.h"
#include "gadget/own.h"
#include "gadget/own-ask.h"

/* --- making ------------------------------------------------------------ */

static int
make_dir(struct gadget *gadget, const char *path)
{
	return mkdirat(gadget->dir, gadget_at(gadget, "%s", path), 0755);
}

int
gadget_plan_presence(const struct gadget_plan *plan, struct gadget *gadget)
{
	struct gadget_presence presence = {.on_demand = plan->on_demand};

	if (plan->on_demand && plan->udc != NULL)
		snprintf(presence.udc, sizeof(presence.udc), "%s", plan->udc);
	return gadget_set_presence(gadget, &presence);
}

static int
describe(const struct gadget_plan *plan, struct gadget *gadget)
{
	if (gadget_identity_write(gadget, &plan->identity) == -1 ||
	    make_dir(gadget, "configs/c.1") == -1)
		return -1;
	return gadget_plan_presence(plan, gadget);
}

static int
make_slot(const struct gadget_plan *plan, struct gadget *gadget, unsigned slot,
    const char *stall)
{
	enum image_media type = plan->types[slot];

	gadget_at(gadget, "functions/mass_storage.%u", slot);
	if (mkdirat(gadget->dir, gadget->at, 0755) == -1)
		return -1;
	gadget_at(gadget, "functions/mass_storage.%u/stall", slot);
	if (stall != NULL && gadget_set(gadget, stall) == -1)
		return -1;
	gadget_at_lun(gadget, slot, "removable");
	if (gadget_set(gadget, "1") == -1)
		return -1;
	gadget_at_lun(gadget, slot, "cdrom");
	if (gadget_set(gadget, type == IMAGE_CD ? "1" : "0") == -1)
		return -1;
	gadget_at_lun(gadget, slot, "ro");
	if (gadget_set(gadget, "1") == -1)
		return -1;
	return gadget_identity_write_drive(gadget, slot, type, &plan->identity);
}

static int
link_slot(struct gadget *gadget, unsigned slot)
{
	char function[32];

	snprintf(function, sizeof(function), "mass_storage.%u", slot);
	return gadget_link_function(gadget, function);
}

int
gadget_build(const struct gadget_plan *plan, struct gadget *gadget, int number,
    unsigned first, unsigned end)
{
	char name[16], udc[UDC_NAME_SIZE];
	const char *stall = NULL;
	int base, rc;
	unsigned n;

	*gadget = (struct gadget){.dir = -1, .number = number};
	gadget_at(gadget, "UDC");
	if (udc_find_free(plan->udc, udc, plan->ms) == -1)
		return -1;
	base = gadget_base();
	if (base == -1)
		return -1;
	rc = mkdirat(base, gadget_name(number, name), 0755);
	close(base);
	if (rc == -1 || gadget_open(gadget, number, plan->ms) == -1 ||
	    describe(plan, gadget) == -1)
		return -1;
	if (plan->stall != -1)
		stall = plan->stall ? "1" : "0";
	else if (udc_stalls_badly(udc))
		stall = "0";
	for (n = first; n < end; n++)
		if (make_slot(plan, gadget, n, stall) == -1)
			return -1;
	for (n = first; n < end; n++)
		if (link_slot(gadget, n) == -1)
			return -1;
	return plan->on_demand ? 0 : gadget_bind(gadget, udc);
}

/* --- removing ---------------------------------------------------------- */

static int
is_link(const struct dirent *entry)
{
	return entry->d_type == DT_LNK;
}

static int
is_dir(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

/*
 * Remove the entries below `parent` that filter() accepts, with these flags of
 * unlinkat(2). If prepare is not NULL, it empties each entry first.
 */
static int
remove_each(struct gadget *gadget, const char *parent,
    int (*filter)(const struct dirent *), int flags,
    int (*prepare)(struct gadget *, const char *path))
{
	struct dirent **list;
	char path[sizeof(gadget->at)];
	int i, n, rc = 0;

	gadget_at(gadget, "%s", parent);
	n = scandirat(gadget->dir, parent, &list, filter, NULL);
	if (n == -1)
		return errno == ENOENT ? 0 : -1;
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", parent, list[i]->d_name);
		if (rc == 0 && prepare != NULL)
			rc = prepare(gadget, path);
		gadget_at(gadget, "%s", path);
		if (rc == 0)
			rc = unlinkat(gadget->dir, path, flags);
		free(list[i]);
	}
	free(list);
	return rc;
}

static int
empty_config(struct gadget *gadget, const char *config)
{
	char strings[sizeof(gadget->at)];

	if (remove_each(gadget, config, is_link, 0, NULL) == -1)
		return -1;
	snprintf(strings, sizeof(strings), "%s/strings", config);
	return remove_each(gadget, strings, is_dir, AT_REMOVEDIR, NULL);
}

int
gadget_remove(struct gadget *gadget)
{
	char name[16];
	int base, rc;
	unsigned n;

	for (n = 0; n < GADGET_SLOTS; n++)
		if (gadget_has_slot(gadget, n) &&
		    (gadget_eject_forced(gadget, n) == -1 ||
			(gadget_is_own(gadget, n) && own_end(gadget, n) == -1)))
			return -1;
	if (gadget_unbind(gadget) == -1)
		return -1;
	for (n = 0; n < GADGET_SLOTS; n++)
		if (gadget_is_own(gadget, n) && own_remove(gadget, n) == -1)
			return -1;
	if (remove_each(
		gadget, "configs", is_dir, AT_REMOVEDIR, empty_config) == -1 ||
	    remove_each(gadget, "functions", is_dir, AT_REMOVEDIR, NULL) ==
		-1 ||
	    remove_each(gadget, "strings", is_dir, AT_REMOVEDIR, NULL) == -1)
		return -1;
	gadget_at(gadget, "%s", "");
	base = gadget_base();
	if (base == -1)
		return -1;
	rc = unlinkat(base, gadget_name(gadget->number, name), AT_REMOVEDIR);
	close(base);
	return rc;
}
