/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gadget/lun.h"
#include "gadget/presence.h"

#define STRINGS "configs/c.1/strings/0x409"

static const char on_demand[] = "on-demand", permanent[] = "permanent";

int
gadget_get_presence(struct gadget *gadget, struct gadget_presence *presence)
{
	char name[128], *rest = name, *word;

	*presence = (struct gadget_presence){.on_demand = false};
	gadget_at(gadget, STRINGS "/configuration");
	if (gadget_get(gadget, name, sizeof(name)) == -1)
		return errno == ENOENT ? 0 : -1;
	word = strsep(&rest, " ");
	presence->on_demand = strcmp(word, on_demand) == 0;
	if (presence->on_demand && rest != NULL)
		snprintf(presence->udc, sizeof(presence->udc), "%s", rest);
	return 0;
}

int
gadget_set_presence(
    struct gadget *gadget, const struct gadget_presence *presence)
{
	struct gadget_presence is;
	char name[128];

	if (gadget_get_presence(gadget, &is) == -1)
		return -1;
	if (!presence->on_demand && !is.on_demand)
		return 0; /* a host sees no name then */
	gadget_at(gadget, STRINGS);
	if (mkdirat(gadget->dir, gadget->at, 0755) == -1 && errno != EEXIST)
		return -1;
	snprintf(name, sizeof(name), "%s%s%s",
	    presence->on_demand ? on_demand : permanent,
	    *presence->udc != '\0' ? " " : "", presence->udc);
	gadget_at(gadget, STRINGS "/configuration");
	return gadget_set(gadget, name);
}

int
gadget_show(struct gadget *gadget, const char *only)
{
	char udc[UDC_NAME_SIZE];

	if (gadget_udc(gadget, udc) == -1)
		return -1;
	if (*udc != '\0')
		return 0;
	if (udc_find_free(only, udc, gadget->ms) == -1)
		return -1;
	return gadget_bind(gadget, udc);
}

int
gadget_show_on_demand(struct gadget *gadget)
{
	struct gadget_presence presence;

	if (gadget_get_presence(gadget, &presence) == -1)
		return -1;
	if (!presence.on_demand)
		return 0;
	return gadget_show(gadget, *presence.udc != '\0' ? presence.udc : NULL);
}

int
gadget_hide_unused(struct gadget *gadget)
{
	struct gadget_presence presence;
	char udc[UDC_NAME_SIZE];
	int used;

	if (gadget_get_presence(gadget, &presence) == -1)
		return -1;
	if (!presence.on_demand)
		return 0;
	used = gadget_is_used(gadget);
	if (used != 0)
		return used == 1 ? 0 : -1;
	if (gadget_udc(gadget, udc) == -1)
		return -1;
	return *udc != '\0' ? gadget_unbind(gadget) : 0;
}
