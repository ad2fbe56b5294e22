/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gadget/configfs.h"
#include "gadget/create.h"
#include "gadget/own.h"

/* The name of the function, by which FunctionFS is mounted. */
static const char *
instance(unsigned slot, char name[static 16])
{
	snprintf(name, 16, "vmedia%u", slot);
	return name;
}

static int
open_own(const struct own_plan *plan, struct gadget *gadget)
{
	return gadget_open(gadget, GADGET_OWN + (int)plan->slot, plan->ms);
}

static int
make_gadget(const struct own_plan *plan)
{
	char name[16];
	int base = gadget_base(), rc, saved;

	if (base == -1)
		return -1;
	rc = mkdirat(
	    base, gadget_name(GADGET_OWN + (int)plan->slot, name), 0755);
	saved = errno;
	close(base);
	errno = saved;
	return rc;
}

static int
make_function(const struct own_plan *plan, struct gadget *gadget)
{
	char name[16], function[32];

	snprintf(
	    function, sizeof(function), "ffs.%s", instance(plan->slot, name));
	gadget_at(gadget, "functions/%s", function);
	if (mkdirat(gadget->dir, gadget->at, 0755) == -1)
		return -1;
	gadget_at(gadget, "configs/c.1");
	if (mkdirat(gadget->dir, gadget->at, 0755) == -1 ||
	    gadget_link_function(gadget, function) == -1)
		return -1;
	gadget_at(gadget, "functions/%s", function);
	return mount(name, plan->mount, "functionfs",
	    MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

int
own_make(
    const struct own_plan *plan, struct gadget *gadget, char udc[UDC_NAME_SIZE])
{
	if (own_remove(plan, gadget) == -1)
		return -1;
	gadget_at(gadget, "UDC");
	if (udc_find_free(plan->udc, udc, plan->ms) == -1)
		return -1;
	if (make_gadget(plan) == -1 || open_own(plan, gadget) == -1 ||
	    gadget_identity_write(gadget, &plan->identity) == -1)
		return -1;
	return make_function(plan, gadget);
}

int
own_remove(const struct own_plan *plan, struct gadget *gadget)
{
	int rc;

	gadget_close(gadget);
	if (open_own(plan, gadget) == -1)
		return errno == ENOENT ? 0 : -1;
	if (gadget_unbind(gadget) == -1)
		return -1;
	/* EINVAL: it is not mounted. */
	gadget_at(gadget, "functions");
	if (umount2(plan->mount, UMOUNT_NOFOLLOW) == -1 && errno != EINVAL &&
	    errno != ENOENT)
		return -1;
	rc = gadget_remove(gadget);
	gadget_close(gadget);
	return rc;
}
