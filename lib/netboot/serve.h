/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Answer the HTTP requests of machines that boot from the network.
 *
 * This folder is for network boot: the probe for DHCP servers, and this server.
 * It has no DHCP or TFTP server: that is dnsmasq.
 */
#ifndef VM_NETBOOT_SERVE_H
#define VM_NETBOOT_SERVE_H

#include "base/failure.h"
#include "http/cgi.h"

struct netboot_settings {
	int directory;	     /* has one for each machine (machine.h) */
	const char *adapter; /* of the machines' network; NULL: any */
	const char *table;   /* path of the table of neighbours */
};

/*
 * Answer a request to `client`, or refuse it with the HTTP status `error`, if
 * that is not 0. This takes as long as the client takes to read. The failure's
 * text is "" if there is nothing to tell whoever runs the server.
 */
void netboot_serve(const struct netboot_settings *, const struct cgi_request *,
    int error, int client, struct failure *);

#endif
