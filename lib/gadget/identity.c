/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gadget/configfs.h"
#include "gadget/identity.h"

/* The lengths of the fields of INQUIRY data. */
#define VENDOR_SIZE   8
#define PRODUCT_SIZE  16
#define REVISION_SIZE 4
#define INQUIRY_SIZE  (VENDOR_SIZE + PRODUCT_SIZE + REVISION_SIZE)

#define ID_HINT	    "not four hexadecimal digits, such as 0x1d6b"
#define STRING_HINT "not 1 to 126 printable ASCII characters"
#define SERIAL_HINT "not 12 to 124 of the digits 0-9 and A-F"

static const char hex[] = "0123456789abcdefABCDEF";

/* What each field may be. The serial number is by Universal Serial Bus Mass
 * Storage Class, Bulk-Only Transport 1.0, section 4.1.1. */
static const struct {
	const char *name, *usual;
	size_t min, max;
	const char *letters; /* NULL: those of printable ASCII */
	const char *hint;
} fields[IDENTITY_FIELDS] = {
    [IDENTITY_VENDOR_ID] = {"usb_vendor_id", "0x1d6b", 4, 4, hex, ID_HINT},
    [IDENTITY_PRODUCT_ID] = {"usb_product_id", "0x0104", 4, 4, hex, ID_HINT},
    [IDENTITY_MANUFACTURER] = {"usb_manufacturer", "vmedia", 1, 126, NULL,
	STRING_HINT},
    [IDENTITY_PRODUCT] = {"usb_product", "Virtual Media", 1, 126, NULL,
	STRING_HINT},
    [IDENTITY_SERIAL] = {"usb_serial", "766D65646961", 12, 124,
	"0123456789ABCDEF", SERIAL_HINT},
    [IDENTITY_INQUIRY_VENDOR] = {"inquiry_vendor", "vmedia", 1, VENDOR_SIZE,
	NULL, "not 1 to 8 printable ASCII characters"},
    [IDENTITY_INQUIRY_PRODUCT] = {"inquiry_product", "", 1, PRODUCT_SIZE, NULL,
	"not 1 to 16 printable ASCII characters"},
    [IDENTITY_INQUIRY_REVISION] = {"inquiry_revision", "1.0", 1, REVISION_SIZE,
	NULL, "not 1 to 4 printable ASCII characters"},
};

static const char *
usual_product(enum image_media type)
{
	return type == IMAGE_CD ? "Virtual CD/DVD" : "Virtual Disk";
}

/* --- choosing ------------------------------------------------------------ */

void
gadget_identity_init(struct gadget_identity *identity)
{
	int i;

	for (i = 0; i < IDENTITY_FIELDS; i++)
		strcpy(identity->values[i], fields[i].usual);
}

static bool
consists_of(const char *text, const char *letters)
{
	for (; *text != '\0'; text++)
		if (letters != NULL ? strchr(letters, *text) == NULL
				    : *text < ' ' || *text > '~')
			return false;
	return true;
}

static bool
is_id(int field)
{
	return field == IDENTITY_VENDOR_ID || field == IDENTITY_PRODUCT_ID;
}

const char *
gadget_identity_take(struct gadget_identity *identity, const char *setting)
{
	const char *value = strchr(setting, '=');
	size_t len = value != NULL ? (size_t)(value - setting) : 0;
	char *to;
	int i;

	for (i = 0; i < IDENTITY_FIELDS; i++)
		if (strlen(fields[i].name) == len &&
		    strncmp(fields[i].name, setting, len) == 0)
			break;
	if (i == IDENTITY_FIELDS)
		return "no such string or ID";
	value++;
	if (is_id(i) && strncmp(value, "0x", 2) == 0)
		value += 2;
	len = strlen(value);
	if (len < fields[i].min || len > fields[i].max ||
	    !consists_of(value, fields[i].letters))
		return fields[i].hint;
	to = identity->values[i];
	snprintf(to, IDENTITY_SIZE, "%s%s", is_id(i) ? "0x" : "", value);
	/* In the form of the kernel, for a comparison. */
	for (; is_id(i) && *to != '\0'; to++)
		if (*to >= 'A' && *to <= 'F')
			*to += 'a' - 'A';
	return NULL;
}

/* --- the device ---------------------------------------------------------- */

/* Where the kernel has the fields of the device. */
static const char *const paths[] = {
    [IDENTITY_VENDOR_ID] = "idVendor",
    [IDENTITY_PRODUCT_ID] = "idProduct",
    [IDENTITY_MANUFACTURER] = "strings/0x409/manufacturer",
    [IDENTITY_PRODUCT] = "strings/0x409/product",
    [IDENTITY_SERIAL] = "strings/0x409/serialnumber",
};
#define NPATHS (sizeof(paths) / sizeof(*paths))

/*
 * The value for this gadget. The devices of one host need different serial
 * numbers: the gadget's first slot is appended. It is nothing of this machine: a
 * host knows the drive again, whichever machine shows it.
 */
static const char *
value_of(const struct gadget *gadget, const struct gadget_identity *identity,
    size_t field, char value[static IDENTITY_SIZE])
{
	if (field != IDENTITY_SERIAL)
		return identity->values[field];
	snprintf(value, IDENTITY_SIZE, "%.124s%02X", identity->values[field],
	    gadget->number == GADGET_ALL ? 0 : (unsigned)gadget->number & 0xff);
	return value;
}

const char *
gadget_identity_product(
    const struct gadget_identity *identity, enum image_media type)
{
	const char *product = identity->values[IDENTITY_INQUIRY_PRODUCT];

	return *product != '\0' ? product : usual_product(type);
}

void
gadget_identity_inquiry(const struct gadget_identity *identity,
    enum image_media type, char inquiry[static 64])
{
	snprintf(inquiry, INQUIRY_SIZE + 1, "%-8.8s%-16.16s%-4.4s",
	    identity->values[IDENTITY_INQUIRY_VENDOR],
	    gadget_identity_product(identity, type),
	    identity->values[IDENTITY_INQUIRY_REVISION]);
}

/* The type of a slot's drive. Returns as in gadget.h. */
static int
get_type(struct gadget *gadget, unsigned slot, enum image_media *type)
{
	char cdrom[4];

	gadget_at_lun(gadget, slot, "cdrom");
	if (gadget_get(gadget, cdrom, sizeof(cdrom)) == -1)
		return -1;
	*type = *cdrom == '1' ? IMAGE_CD : IMAGE_DISK;
	return 0;
}

static bool
drive_is(struct gadget *gadget, unsigned slot,
    const struct gadget_identity *identity)
{
	char wanted[64], is[64];
	enum image_media type;

	if (get_type(gadget, slot, &type) == -1)
		return false;
	gadget_identity_inquiry(identity, type, wanted);
	gadget_at_lun(gadget, slot, "inquiry_string");
	if (gadget_get(gadget, is, sizeof(is)) == -1)
		return errno == ENOENT; /* this kernel has none */
	return strcmp(is, wanted) == 0;
}

bool
gadget_identity_is(
    struct gadget *gadget, const struct gadget_identity *identity)
{
	char value[IDENTITY_SIZE], is[IDENTITY_SIZE + 1];
	unsigned slot;
	size_t i;

	for (i = 0; i < NPATHS; i++) {
		gadget_at(gadget, "%s", paths[i]);
		if (gadget_get(gadget, is, sizeof(is)) == -1 ||
		    strcmp(is, value_of(gadget, identity, i, value)) != 0)
			return false;
	}
	for (slot = 0; slot < GADGET_SLOTS; slot++)
		if (gadget_has_slot(gadget, slot) &&
		    !drive_is(gadget, slot, identity))
			return false;
	return true;
}

int
gadget_identity_write(
    struct gadget *gadget, const struct gadget_identity *identity)
{
	char value[IDENTITY_SIZE];
	enum image_media type;
	unsigned slot;
	size_t i;

	gadget_at(gadget, "strings/0x409");
	if (mkdirat(gadget->dir, gadget->at, 0755) == -1 && errno != EEXIST)
		return -1;
	for (i = 0; i < NPATHS; i++) {
		gadget_at(gadget, "%s", paths[i]);
		if (gadget_set(gadget, value_of(gadget, identity, i, value)) ==
		    -1)
			return -1;
	}
	for (slot = 0; slot < GADGET_SLOTS; slot++)
		if (gadget_has_slot(gadget, slot) &&
		    (get_type(gadget, slot, &type) == -1 ||
			gadget_identity_write_drive(
			    gadget, slot, type, identity) == -1))
			return -1;
	return 0;
}

/* --- a drive --------------------------------------------------------------- */

int
gadget_identity_write_drive(struct gadget *gadget, unsigned slot,
    enum image_media type, const struct gadget_identity *identity)
{
	char inquiry[64];

	gadget_identity_inquiry(identity, type, inquiry);
	gadget_at_lun(gadget, slot, "inquiry_string");
	return gadget_set_if_any(gadget, inquiry);
}

int
gadget_identity_retype(
    struct gadget *gadget, unsigned slot, enum image_media type)
{
	char inquiry[64], usual[PRODUCT_SIZE + 1];

	gadget_at_lun(gadget, slot, "inquiry_string");
	if (gadget_get(gadget, inquiry, sizeof(inquiry)) == -1)
		return errno == ENOENT ? 0 : -1;
	snprintf(usual, sizeof(usual), "%-16s",
	    usual_product(type == IMAGE_CD ? IMAGE_DISK : IMAGE_CD));
	if (strlen(inquiry) != INQUIRY_SIZE ||
	    memcmp(inquiry + VENDOR_SIZE, usual, PRODUCT_SIZE) != 0)
		return 0;
	snprintf(usual, sizeof(usual), "%-16s", usual_product(type));
	memcpy(inquiry + VENDOR_SIZE, usual, PRODUCT_SIZE);
	return gadget_set(gadget, inquiry);
}
