/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the drives say of themselves: the IDs and strings of the USB device
 * (Universal Serial Bus Specification 2.0, section 9.6), and those of the SCSI
 * command INQUIRY (SPC-4, standard INQUIRY data).
 */
#ifndef VM_GADGET_IDENTITY_H
#define VM_GADGET_IDENTITY_H

#include <stdbool.h>

#include "gadget/gadget.h"
#include "image/probe.h"

enum gadget_identity_field {
	IDENTITY_VENDOR_ID,
	IDENTITY_PRODUCT_ID,
	IDENTITY_MANUFACTURER,
	IDENTITY_PRODUCT,
	IDENTITY_SERIAL, /* without the two digits of the gadget */
	IDENTITY_INQUIRY_VENDOR,
	IDENTITY_INQUIRY_PRODUCT, /* "": the one for the type of the drive */
	IDENTITY_INQUIRY_REVISION,
	IDENTITY_FIELDS
};

/* The kernel takes 126 characters for a string of USB (usb/ch9.h). */
#define IDENTITY_SIZE 127

struct gadget_identity {
	char values[IDENTITY_FIELDS][IDENTITY_SIZE];
};

/* What the drives say by default. */
void gadget_identity_init(struct gadget_identity *identity);

/*
 * Take NAME=VALUE, with a name of vm-gadget(8). Returns NULL; or static text
 * that tells what a right value is, and then nothing has changed.
 */
const char *gadget_identity_take(
    struct gadget_identity *identity, const char *setting);

/* The product in the INQUIRY data of a drive of that type. */
const char *gadget_identity_product(
    const struct gadget_identity *identity, enum image_media type);

/* Does the gadget say so? False also if that cannot be read. */
bool gadget_identity_is(
    struct gadget *gadget, const struct gadget_identity *identity);

/*
 * Write the IDs and strings of the device, and of each drive that the gadget
 * has. A host reads them only when it sees a new device. Returns as in gadget.h.
 */
int gadget_identity_write(
    struct gadget *gadget, const struct gadget_identity *identity);

/* The same for the drive of one slot, which is of that type. */
int gadget_identity_write_drive(struct gadget *gadget, unsigned slot,
    enum image_media type, const struct gadget_identity *identity);

/* The standard INQUIRY data of a drive of that type: vendor, product, revision. */
void gadget_identity_inquiry(const struct gadget_identity *identity,
    enum image_media type, char text[static 64]);

/*
 * The drive of the slot changes to that type: replace the product in its INQUIRY
 * data if it is the default of the other type. Returns as in gadget.h.
 */
int gadget_identity_retype(
    struct gadget *gadget, unsigned slot, enum image_media type);

#endif
