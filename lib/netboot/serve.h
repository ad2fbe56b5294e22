/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Answer what a machine that boots from the network asks by HTTP.
 *
 * This folder is for network boot: the probe for DHCP servers, and this server. It
 * has no DHCP or TFTP server, which dnsmasq is.
 */
#ifndef VM_NETBOOT_SERVE_H
#define VM_NETBOOT_SERVE_H

#include "base/failure.h"
#include "http/cgi.h"

struct netboot_settings {
	int directory;	     /* with one for each machine (machine.h) */
	const char *adapter; /* where the machines are; NULL: anywhere */
	const char *table;   /* of neighbours */
};

/*
 * Answer a request to `client`, or refuse it with the HTTP status `error`, if that
 * is not 0. This can take as long as the client wants to read. The failure's text is
 * "" where there is nothing to tell who runs the server.
 */
void netboot_serve(const struct netboot_settings *, const struct cgi_request *,
    int error, int client, struct failure *);

#endif
