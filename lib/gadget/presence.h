/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * When the host sees a gadget: always, or only on demand, that is while one of
 * its drives has a medium. The kernel adds no function to a gadget that is bound
 * and removes none from it (configfs.c: config_usb_cfg_link(), _unlink()), so the
 * drives of one gadget appear and disappear together.
 *
 * The gadget itself keeps which of the two it is, as the name of its
 * configuration: configfs has no other place for it, and each program that
 * inserts or ejects finds it there, also after a crash.
 */
#ifndef VM_GADGET_PRESENCE_H
#define VM_GADGET_PRESENCE_H

#include <stdbool.h>

#include "gadget/gadget.h"

struct gadget_presence {
	bool on_demand;
	char udc[UDC_NAME_SIZE]; /* on demand: the only one to use, or "" */
};

/* All return as in gadget.h. */
int gadget_get_presence(
    struct gadget *gadget, struct gadget_presence *presence);

/* Only while the gadget is not bound: a host may have read the name. */
int gadget_set_presence(
    struct gadget *gadget, const struct gadget_presence *presence);

/* Bind the gadget to a free UDC (only: to this one, if not NULL), unless it is
 * bound. EBUSY, ENODEV: as udc_find_free(). */
int gadget_show(struct gadget *gadget, const char *only);

/* If the gadget exists on demand: show it, or hide it if it holds no medium. */
int gadget_show_on_demand(struct gadget *gadget);
int gadget_hide_unused(struct gadget *gadget);

#endif
