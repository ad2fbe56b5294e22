/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>

#include "gadget/create.h"
#include "gadget/configfs.h"
#include "drive/place.h"
#include "gadget/own.h"
#include "gadget/own-ask.h"
#include "gadget/setup.h"

/* --- is it there? ------------------------------------------------------ */

static bool
stall_is_met(const struct gadget_plan *plan, struct gadget *gadget, unsigned n)
{
	char stall[4];

	if (plan->stall == -1)
		return true;
	gadget_at(gadget, "functions/mass_storage.%u/stall", n);
	return gadget_get(gadget, stall, sizeof(stall)) == 0 &&
	       (*stall == '1') == (plan->stall == 1);
}

static bool
udc_is_met(const struct gadget_plan *plan, struct gadget *gadget)
{
	char udc[UDC_NAME_SIZE];

	return plan->udc == NULL ||
	       (gadget_udc(gadget, udc) == 0 &&
		   (*udc == '\0' || strcmp(udc, plan->udc) == 0));
}

/* Is this gadget there if and only if the plan has it, with exactly its slots? */
static bool
gadget_is_met(const struct gadget_plan *plan, int number, bool all)
{
	bool wanted = all ? number == GADGET_ALL : number < (int)plan->count;
	struct gadget gadget;
	bool met = wanted;
	unsigned n;

	if (gadget_open(&gadget, number, plan->ms) == -1)
		return !wanted && errno == ENOENT;
	for (n = 0; met && n < GADGET_SLOTS; n++) {
		if (n < plan->count && (all || number == (int)n))
			met = gadget_is_whole(&gadget, n) &&
			      stall_is_met(plan, &gadget, n);
		else
			met = !gadget_has_slot(&gadget, n);
	}
	met = met && udc_is_met(plan, &gadget);
	gadget_close(&gadget);
	return met;
}

/* Do the gadgets of the plan exist? Their types, and whether they are bound, do not
 * count. */
static bool
is_met(const struct gadget_plan *plan)
{
	struct gadget gadget;
	int number;
	bool all;

	all = gadget_open(&gadget, GADGET_ALL, plan->ms) == 0;
	gadget_close(&gadget);
	for (number = 0; number < GADGET_MAX; number++)
		if (!gadget_is_met(plan, number, all))
			return false;
	return true;
}

/* --- making it so ------------------------------------------------------ */

static int
build_all(const struct gadget_plan *plan, struct gadget *gadget)
{
	int rc = 0, nfree = udc_count_free(plan->ms);
	unsigned n;

	if (plan->udc != NULL || nfree < (int)plan->count) {
		rc = gadget_build(plan, gadget, GADGET_ALL, 0, plan->count);
		gadget_close(gadget);
		return rc;
	}
	for (n = 0; rc == 0 && n < plan->count; n++) {
		rc = gadget_build(plan, gadget, (int)n, n, n + 1);
		gadget_close(gadget);
	}
	return rc;
}

/* Returns GADGET_HELD if any of our gadgets holds a medium. */
static enum gadget_result
require_empty(struct gadget *gadget, int ms, struct gadget_medium *medium)
{
	enum gadget_result result = GADGET_DONE;
	int number;

	for (number = 0; number < GADGET_MAX; number++) {
		if (gadget_open(gadget, number, ms) == 0)
			result = gadget_find_held(gadget, GADGET_SLOTS, medium);
		else if (errno != ENOENT)
			result = GADGET_FAILED;
		gadget_close(gadget);
		if (result != GADGET_DONE)
			return result;
	}
	return GADGET_DONE;
}

/*
 * Give the gadget the IDs, strings and presence of the plan. The host would see
 * new drives, so a gadget with a medium keeps what it has.
 */
static int
describe_anew(const struct gadget_plan *plan, struct gadget *gadget)
{
	struct gadget_presence presence;
	const char *udc = plan->udc != NULL ? plan->udc : "";
	unsigned slot;
	int used;

	if (gadget_get_presence(gadget, &presence) == -1)
		return -1;
	if (presence.on_demand == plan->on_demand &&
	    (!plan->on_demand || strcmp(presence.udc, udc) == 0) &&
	    gadget_identity_is(gadget, &plan->identity))
		return 0;
	used = gadget_is_used(gadget);
	if (used != 0)
		return used == 1 ? 0 : -1;
	if (gadget_unbind(gadget) == -1 ||
	    gadget_identity_write(gadget, &plan->identity) == -1)
		return -1;
	for (slot = 0; slot < GADGET_SLOTS; slot++)
		if (gadget_is_own(gadget, slot) &&
		    own_retype(gadget, slot) == -1)
			return -1;
	return gadget_plan_presence(plan, gadget);
}

/* Show the gadget to the host, or hide it, also after a crash at any moment. */
static int
settle(const struct gadget_plan *plan, struct gadget *gadget)
{
	struct gadget_presence presence;
	int used;

	if (gadget_get_presence(gadget, &presence) == -1)
		return -1;
	if (!presence.on_demand)
		return gadget_show(gadget, plan->udc);
	used = gadget_is_used(gadget);
	if (used == -1)
		return -1;
	return used == 1 ? gadget_show_on_demand(gadget)
			 : gadget_hide_unused(gadget);
}

static int
settle_all(const struct gadget_plan *plan, struct gadget *gadget)
{
	int number, rc;

	for (number = 0; number < GADGET_MAX; number++) {
		rc = gadget_open(gadget, number, plan->ms);
		if (rc == -1 && errno == ENOENT)
			continue;
		if (rc == 0)
			rc = describe_anew(plan, gadget);
		if (rc == 0)
			rc = settle(plan, gadget);
		gadget_close(gadget);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* The host finds all drives of the gadget as new, so a medium prevents it. */
static enum gadget_result
retype(const struct gadget_plan *plan, struct gadget *gadget, unsigned slot,
    struct gadget_medium *medium)
{
	enum gadget_result result;

	if (gadget_get_medium(gadget, slot, medium) == -1)
		return GADGET_FAILED;
	if (medium->type == plan->types[slot])
		return GADGET_DONE;
	result = gadget_find_held(gadget, GADGET_SLOTS, medium);
	if (result == GADGET_HELD)
		return GADGET_DONE;
	if (result == GADGET_DONE &&
	    gadget_set_type(gadget, slot, plan->types[slot]) == -1)
		return GADGET_FAILED;
	return result;
}

/* A vm-drive has died without a medium: its slot becomes the kernel's, because the
 * gadget can't be bound without it. */
static int
repair_own(const struct gadget_plan *plan, struct gadget *gadget)
{
	struct drive_medium medium;
	unsigned slot;
	int rc = 0;

	for (slot = 0; rc == 0 && slot < GADGET_SLOTS; slot++) {
		if (gadget_open_slot(gadget, slot, plan->ms) == -1)
			continue;
		if (gadget_is_own(gadget, slot) && !drive_is_alive(slot) &&
		    !drive_get_medium(slot, &medium))
			rc = own_give_back(gadget, slot);
		gadget_close(gadget);
	}
	return rc;
}

enum gadget_result
gadget_plan_apply(const struct gadget_plan *plan, struct gadget *gadget,
    struct gadget_medium *medium)
{
	enum gadget_result result = GADGET_DONE;
	unsigned slot;

	if (repair_own(plan, gadget) == -1)
		return GADGET_FAILED;
	if (!is_met(plan)) {
		result = require_empty(gadget, plan->ms, medium);
		if (result != GADGET_DONE)
			return result;
		if (gadget_remove_all(gadget, plan->ms) == -1 ||
		    build_all(plan, gadget) == -1)
			return GADGET_FAILED;
	}
	if (settle_all(plan, gadget) == -1)
		return GADGET_FAILED;
	for (slot = 0; result == GADGET_DONE && slot < plan->count; slot++) {
		if (gadget_open_slot(gadget, slot, plan->ms) == -1)
			return GADGET_FAILED;
		result = retype(plan, gadget, slot, medium);
		gadget_close(gadget);
	}
	return result;
}

int
gadget_remove_all(struct gadget *gadget, int ms)
{
	int number, rc;

	for (number = 0; number < GADGET_MAX; number++) {
		rc = gadget_open(gadget, number, ms);
		if (rc == 0)
			rc = gadget_remove(gadget);
		else if (errno == ENOENT)
			rc = 0;
		gadget_close(gadget);
		if (rc == -1)
			return -1;
	}
	return 0;
}
