/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/ioctl.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "drive/function.h"

#define HALT_TRIES 200 /* a millisecond each */

/* What one speed of the bus has: the interface, the endpoint to the host, and the
 * one from it (BOT 4.3 and 4.4). */
struct described {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in, out;
} __attribute__((packed));

struct described_super {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in;
	struct usb_ss_ep_comp_descriptor in_more;
	struct usb_endpoint_descriptor_no_audio out;
	struct usb_ss_ep_comp_descriptor out_more;
} __attribute__((packed));

struct descriptors {
	struct usb_functionfs_descs_head_v2 head;
	uint32_t full_count, high_count, super_count;
	struct described full, high;
	struct described_super super;
} __attribute__((packed));

static const struct usb_interface_descriptor interface = {
    .bLength = sizeof(interface),
    .bDescriptorType = USB_DT_INTERFACE,
    .bNumEndpoints = 2,
    .bInterfaceClass = USB_CLASS_MASS_STORAGE,
    .bInterfaceSubClass = 0x06, /* SCSI transparent command set */
    .bInterfaceProtocol = 0x50, /* bulk-only */
    .iInterface = 1,
};

static struct usb_endpoint_descriptor_no_audio
endpoint(unsigned address, unsigned packet)
{
	return (struct usb_endpoint_descriptor_no_audio){
	    .bLength = sizeof(struct usb_endpoint_descriptor_no_audio),
	    .bDescriptorType = USB_DT_ENDPOINT,
	    .bEndpointAddress = (uint8_t)address,
	    .bmAttributes = USB_ENDPOINT_XFER_BULK,
	    .wMaxPacketSize = htole16((uint16_t)packet)};
}

static struct described
describe(unsigned packet)
{
	return (struct described){interface, endpoint(1 | USB_DIR_IN, packet),
	    endpoint(2 | USB_DIR_OUT, packet)};
}

static struct described_super
describe_super(void)
{
	const struct usb_ss_ep_comp_descriptor more = {.bLength = sizeof(more),
	    .bDescriptorType = USB_DT_SS_ENDPOINT_COMP,
	    .bMaxBurst = 15};

	return (struct described_super){interface,
	    endpoint(1 | USB_DIR_IN, 1024), more,
	    endpoint(2 | USB_DIR_OUT, 1024), more};
}

static int
write_descriptors(int control)
{
	const struct descriptors all = {
	    .head = {.magic = htole32(FUNCTIONFS_DESCRIPTORS_MAGIC_V2),
		.length = htole32(sizeof(all)),
		.flags =
		    htole32(FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC |
			    FUNCTIONFS_HAS_SS_DESC)},
	    .full_count = htole32(3),
	    .high_count = htole32(3),
	    .super_count = htole32(5),
	    .full = describe(64),
	    .high = describe(512),
	    .super = describe_super()};

	return write(control, &all, sizeof(all)) == sizeof(all) ? 0 : -1;
}

/* The name of the interface, which hosts show nowhere. */
static int
write_strings(int control)
{
	const struct {
		struct usb_functionfs_strings_head head;
		uint16_t language;
		char name[13];
	} __attribute__((packed))
	all = {.head = {.magic = htole32(FUNCTIONFS_STRINGS_MAGIC),
		   .length = htole32(sizeof(all)),
		   .str_count = htole32(1),
		   .lang_count = htole32(1)},
	    .language = htole16(0x0409), /* English (US) */
	    .name = "Mass Storage"};

	return write(control, &all, sizeof(all)) == sizeof(all) ? 0 : -1;
}

static int
open_file(const char *dir, const char *name, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return open(path, O_RDWR | O_CLOEXEC | flags);
}

int
function_open(struct function *f, const char *dir)
{
	f->in = f->out = -1;
	f->control = open_file(dir, "ep0", 0);
	if (f->control == -1)
		return -1;
	if (write_descriptors(f->control) == 0 &&
	    write_strings(f->control) == 0) {
		f->in = open_file(dir, "ep1", O_NONBLOCK);
		f->out = open_file(dir, "ep2", O_NONBLOCK);
	}
	if (f->in != -1 && f->out != -1 &&
	    fcntl(f->control, F_SETFL, O_NONBLOCK) != -1)
		return 0;
	function_close(f);
	return -1;
}

void
function_close(struct function *f)
{
	int saved = errno;

	if (f->in != -1)
		close(f->in);
	if (f->out != -1)
		close(f->out);
	if (f->control != -1)
		close(f->control);
	f->control = f->in = f->out = -1;
	errno = saved;
}

/* --- halting ------------------------------------------------------------ */

/*
 * An access in the wrong direction halts the endpoint, and fails with EBADMSG
 * (f_fs.c, ffs_epfile_io()). It fails with EAGAIN while the controller has bytes of
 * a transfer that has just ended: then it is tried again, as f_mass_storage.c does.
 */
static int
halt(int fd, ssize_t (*access)(int fd))
{
	int tries;

	for (tries = 0; tries < HALT_TRIES; tries++) {
		if (access(fd) == -1 && errno == EBADMSG)
			return 0;
		if (errno != EAGAIN)
			return -1;
		clock_sleep_ms(1);
	}
	return -1;
}

static ssize_t
access_in(int fd)
{
	char byte;

	return read(fd, &byte, 1);
}

static ssize_t
access_out(int fd)
{
	return write(fd, "", 1);
}

int
function_halt_in(const struct function *f)
{
	return halt(f->in, access_in);
}

int
function_halt_out(const struct function *f)
{
	return halt(f->out, access_out);
}

unsigned
function_packet(const struct function *f)
{
	struct usb_endpoint_descriptor in;

	unsigned packet = 0;

	if (ioctl(f->in, FUNCTIONFS_ENDPOINT_DESC, &in) == 0)
		packet = le16toh(in.wMaxPacketSize);
	/* High speed is the most frequent one. */
	return packet >= 64 && packet <= FUNCTION_PACKET_MAX ? packet : 512;
}

/* --- requests on ep0 ----------------------------------------------------- */

/* The kernel takes these at once, or the host has gone on to something else: then
 * nobody waits for the answer. */
static void
ignore(ssize_t result)
{
	(void)result;
}

void
function_answer(const struct function *f, const void *bytes, size_t len)
{
	ignore(write(f->control, bytes, len));
}

void
function_acknowledge(const struct function *f)
{
	char none;

	ignore(read(f->control, &none, 0));
}

/* An access in the wrong direction halts ep0, too (ffs_ep0_stall()). */
void
function_refuse(const struct function *f, const struct usb_ctrlrequest *request)
{
	char none;

	if (request->bRequestType & USB_DIR_IN)
		ignore(read(f->control, &none, 0));
	else
		ignore(write(f->control, &none, 0));
}
