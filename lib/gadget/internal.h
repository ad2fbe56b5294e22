/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How the files of lib/gadget find things in configfs; nobody else includes it.
 */
#ifndef VM_GADGET_INTERNAL_H
#define VM_GADGET_INTERNAL_H

#include <stddef.h>

#include "gadget/gadget.h"
#include "image/probe.h"

/* Open the directory of all gadgets, ours and others'. -1 with errno. */
int gadget_base(void);

/* Name a path below the gadget: gadget->at, which it returns. */
const char *gadget_at(struct gadget *gadget, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for an attribute of a slot's LUN. */
const char *gadget_at_lun(
    struct gadget *gadget, unsigned slot, const char *attr);

/* Read and write the attribute at gadget->at. */
int gadget_get(struct gadget *gadget, char *buf, size_t size);
int gadget_set(struct gadget *gadget, const char *value);

/* The same, fine if this kernel has no such attribute. */
int gadget_set_if_any(struct gadget *gadget, const char *value);

/* What INQUIRY says of the drive: vendor, product, revision. */
const char *gadget_inquiry(enum image_media type);

#endif
