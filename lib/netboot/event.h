/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What happened to a machine that boots from the network: one line of
 * vm-netboot-log(8), whose page has the stages.
 */
#ifndef VM_NETBOOT_EVENT_H
#define VM_NETBOOT_EVENT_H

#include <stdbool.h>

#define EVENT_MAC_SIZE	  18  /* 02:00:00:00:00:01 and a NUL */
#define EVENT_DETAIL_SIZE 201 /* bytes, the NUL included */
#define EVENT_TOKEN	  32  /* hexadecimal digits of a token */

struct netboot_event {
	char mac[EVENT_MAC_SIZE]; /* in lower case with colons; "": unknown */
	const char *stage;	  /* one of a few words, for ever there */
	char detail[EVENT_DETAIL_SIZE]; /* a part of a line, as of shown() */
};

/*
 * Make an event. mac may be "". The detail, printf(3)-wise, may hold what strangers
 * wrote. A token in it, which is a long run of hexadecimal digits, becomes "...".
 */
void event_make(struct netboot_event *, const char *mac, const char *stage,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The stage of a machine that has got a file of that name, without directories. By
 * TFTP (is_tftp) what has no name of its own is a boot loader. */
const char *event_stage_of_file(const char *name, bool is_tftp);

/* Write a MAC. Returns text. */
char *event_write_mac(char text[EVENT_MAC_SIZE], const unsigned char mac[6]);

/* Is it a MAC, and nothing else? Writes it to out in lower case. */
bool event_take_mac(const char *text, char out[EVENT_MAC_SIZE]);

/*
 * What a processor architecture is called (RFC 4578 section 2.1, and IANA's list of
 * processor architecture types): "bios", "efi-x86_64", "http-x86_64" and so on.
 * NULL for one that no boot loader of ours is for.
 */
const char *event_architecture(int number);

/*
 * What asks by DHCP: firmware as above, another architecture as "arch-27", one that it
 * does not tell (-1) as "arch-unknown", "ipxe", or "plain". Returns it, which may be
 * in text.
 */
#define EVENT_CLIENT_SIZE 32
const char *event_client(char text[EVENT_CLIENT_SIZE], bool is_firmware,
    bool is_ipxe, int architecture);

#endif
