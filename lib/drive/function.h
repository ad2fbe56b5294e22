/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A USB mass storage function of our own by FunctionFS: one interface (bulk-only
 * transport, SCSI transparent command set) with two bulk endpoints.
 *
 * Sources: Documentation/usb/functionfs.rst and include/uapi/linux/usb/functionfs.h
 * of Linux; USB Mass Storage Bulk-Only Transport 1.0, section 4. The kernel lets the
 * host see the gadget only while the descriptors here are open, in any process.
 */
#ifndef VM_DRIVE_FUNCTION_H
#define VM_DRIVE_FUNCTION_H

#include <linux/usb/functionfs.h>

#define FUNCTION_PACKET_MAX 1024 /* bytes, at the highest speed */

struct function {
	int control; /* ep0: events */
	int in, out; /* the bulk endpoints; opened with O_NONBLOCK */
};

/*
 * Describe the function to the FunctionFS that is mounted at dir, and open its
 * endpoints. Returns 0, or -1 with errno: EBUSY if another process has it.
 */
int function_open(struct function *, const char *dir);

void function_close(struct function *);

/*
 * Halt (stall) an endpoint, until the host clears that. Returns 0; or -1 with
 * errno: EAGAIN if bytes are under way to the host, and do not get there.
 */
int function_halt_in(const struct function *);
int function_halt_out(const struct function *);

/* The bytes of a packet at the speed of the bus, while the function is enabled. */
unsigned function_packet(const struct function *);

/* Answer a request of the host on ep0: len bytes, or nothing but "done" to one
 * that sends data or none, or that there is no such request. */
void function_answer(const struct function *, const void *bytes, size_t len);
void function_acknowledge(const struct function *);
void function_refuse(
    const struct function *, const struct usb_ctrlrequest *request);

#endif
