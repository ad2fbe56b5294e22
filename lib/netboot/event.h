/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What happened to a machine that boots from the network: one line of
 * vm-netboot-log(8), whose manual page lists the stages.
 */
#ifndef VM_NETBOOT_EVENT_H
#define VM_NETBOOT_EVENT_H

#include <stdbool.h>

#define EVENT_MAC_SIZE	  18  /* 02:00:00:00:00:01 and a NUL */
#define EVENT_DETAIL_SIZE 201 /* bytes, the NUL included */
#define EVENT_TOKEN	  32  /* hexadecimal digits of a token */

struct netboot_event {
	char mac[EVENT_MAC_SIZE]; /* in lower case with colons; "": unknown */
	const char *stage;	  /* a constant word */
	char detail[EVENT_DETAIL_SIZE]; /* without newlines, see shown() */
};

/*
 * Make an event. mac may be "". The detail is formatted as by printf(3), and
 * may contain text of strangers. A token in it, which is a run of EVENT_TOKEN
 * or more hexadecimal digits, becomes "...".
 */
void event_make(struct netboot_event *, const char *mac, const char *stage,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Returns the stage of a machine that has got a file of that name (without
 * directories). By TFTP (is_tftp), a file with any other name is a boot
 * loader. */
const char *event_stage_of_file(const char *name, bool is_tftp);

/* Write a MAC. Returns text. */
char *event_write_mac(char text[EVENT_MAC_SIZE], const unsigned char mac[6]);

/* Is the text a MAC, and nothing else? If so, writes it to out in lower
 * case. */
bool event_take_mac(const char *text, char out[EVENT_MAC_SIZE]);

/*
 * Returns the name of a processor architecture (RFC 4578 section 2.1, and
 * IANA's list of processor architecture types): "bios", "efi-x86_64",
 * "http-x86_64" and so on. Returns NULL if we have no boot loader for it.
 */
const char *event_architecture(int number);

/*
 * Returns a word for a client that asks by DHCP. For firmware it is the name
 * above, "arch-27" for another architecture, or "arch-unknown" if the firmware
 * does not tell it (-1). Otherwise it is "ipxe" or "plain". The word may be in
 * text.
 */
#define EVENT_CLIENT_SIZE 32
const char *event_client(char text[EVENT_CLIENT_SIZE], bool is_firmware,
    bool is_ipxe, int architecture);

#endif
