/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Events from the lines that dnsmasq (--log-dhcp, --log-facility=-) and lighttpd
 * (accesslog.format = "http %h %s %O %D %X %{Content-Range}o %m %U") write, and
 * vm-dhcp-probe -w. Much of them is what strangers sent. No I/O, and all that is kept
 * is bounded.
 *
 * With --log-dhcp, a DHCP message is a block of lines with its transaction number.
 * What it is stands in the middle of them, and which boot file was sent behind it.
 * Thus an offer is told when its block is over.
 */
#ifndef VM_NETBOOT_EVENTS_H
#define VM_NETBOOT_EVENTS_H

#include <netinet/in.h>

#include <stdbool.h>
#include <stdint.h>

#include "netboot/event.h"

#define EVENTS_ADDRESSES    256	 /* addresses whose MAC is kept */
#define EVENTS_TRANSACTIONS 64	 /* transactions whose MAC is kept */
#define EVENTS_TEXT	    1024 /* bytes; dnsmasq's lines are no longer */
#define EVENTS_ABORTED	    16	 /* TFTP transfers that were just aborted */

/* Milliseconds without a line after which an offer is told, and after which a
 * request must have been one to another server. */
#define EVENTS_BLOCK_MS	  100
#define EVENTS_FOREIGN_MS 5000

struct events_block {
	bool is_open;
	bool is_begun;	/* more is known of it than the network it came from */
	bool is_range;	/* we give addresses there, unlike a proxy */
	bool is_judged; /* a line told what became of it */
	enum {
		HOLDS_NOTHING,
		HOLDS_OFFER,
		HOLDS_PROXY
	} holds;
	uint32_t transaction;
	bool is_firmware, is_ipxe;
	int architecture; /* -1: the firmware did not say */
	bool has_options; /* the lines about the answer's options are there */
	bool is_second;	  /* the answer is no offer, but what follows it */
	bool has_no_menu; /* the answer of a proxy has no entry to choose */
	char file[EVENTS_TEXT]; /* "": none */
	char mac[EVENT_MAC_SIZE], address[INET_ADDRSTRLEN];
};

struct events {
	/* Told each event. */
	void (*tell)(void *arg, const struct netboot_event *);
	/* The MAC of an address, of which no lease is known: 0 or -1. */
	int (*find)(void *arg, const char *address, unsigned char mac[6]);
	void *arg;

	/* The rest belongs to the functions below, and begins as zeros. */
	struct events_block block;
	unsigned long numbered; /* lines of blocks so far */
	struct {
		struct in_addr address;
		char mac[EVENT_MAC_SIZE];
	} addresses[EVENTS_ADDRESSES];
	struct {
		uint32_t number;
		bool is_ignored;
		char mac[EVENT_MAC_SIZE];
	} transactions[EVENTS_TRANSACTIONS];
	struct {
		char address[INET_ADDRSTRLEN];
		char why[EVENTS_TEXT];
	} aborted[EVENTS_ABORTED];
	/* Where the next one goes: the oldest one is forgotten. */
	unsigned next_address, next_transaction, next_aborted;
	/* dnsmasq's last line that could have been an error. */
	char unknown[EVENTS_TEXT];
};

/* Take a line, which has no newline any more; it is changed. */
void events_line(struct events *, char *line);

/* No line of a block has come for so many milliseconds. */
void events_idle(struct events *, int64_t ms);

/* Is an event held back, for which events_idle() must be called? */
bool events_wait(const struct events *);

/* There will be no more lines. */
void events_end(struct events *);

#endif
