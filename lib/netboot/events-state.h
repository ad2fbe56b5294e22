/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The state that netboot/events.h keeps between two lines.
 */
#ifndef VM_NETBOOT_EVENTS_STATE_H
#define VM_NETBOOT_EVENTS_STATE_H

#include <netinet/in.h>

#include <stdbool.h>
#include <stdint.h>

#include "netboot/event.h"

#define EVENTS_ADDRESSES    256	 /* addresses whose MAC is kept */
#define EVENTS_TRANSACTIONS 64	 /* transactions whose MAC is kept */
#define EVENTS_TEXT	    1024 /* bytes; no line of dnsmasq is longer */
#define EVENTS_ABORTED	    16	 /* TFTP transfers that were just aborted */

struct events_block {
	bool is_open;
	bool is_begun;	/* lines after that about its network have come */
	bool is_range;	/* we give addresses there: we are no proxy */
	bool is_judged; /* a line told the result */
	enum {
		HOLDS_NOTHING,
		HOLDS_OFFER,
		HOLDS_PROXY
	} holds;
	uint32_t transaction;
	bool is_firmware, is_ipxe;
	int architecture; /* -1: the firmware did not say */
	bool has_options; /* lines about the answer's options have come */
	bool is_second;	  /* the answer is not an offer, but a later one */
	bool has_no_menu; /* a proxy's answer has no menu entry to choose */
	char file[EVENTS_TEXT]; /* "": none */
	char mac[EVENT_MAC_SIZE], address[INET_ADDRSTRLEN];
};

struct events {
	/* Is called with each event. */
	void (*tell)(void *arg, const struct netboot_event *);
	/* Finds the MAC of an address that has no known lease. Returns 0 or
	 * -1. */
	int (*find)(void *arg, const char *address, unsigned char mac[6]);
	void *arg;

	/* The rest belongs to events.h and its parts, and begins as zeros. */
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
	/* The index of the next entry, which replaces the oldest one. */
	unsigned next_address, next_transaction, next_aborted;
	/* dnsmasq's last line that could have been an error. */
	char unknown[EVENTS_TEXT];
};

#endif
