/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The hosts to which this machine may connect for somebody else. It reaches its
 * own services and its neighbours, and a client that makes it fetch a URL must
 * not reach them that way.
 *
 * A list has hosts with commas or spaces between them. Each is a name, a name
 * with "*." in front (every host below that name), a numeric address, or "*":
 * every host except this machine and those that can be reached only on a link.
 */
#ifndef VM_UNIX_ALLOW_HOSTS_H
#define VM_UNIX_ALLOW_HOSTS_H

#include <sys/socket.h>

#include <stdbool.h>

#define ALLOW_HOSTS_SHOWN 64 /* bytes of an address as text, and a NUL */

/* Does the list name this host of a URL? "*" does not name any host. */
bool allow_hosts_names(const char *list, const char *host);

/*
 * May a connection to this host of a URL go to this address? Only if the list
 * names the host or the address; or if it has a "*", and the address is none of
 * these: this machine's own (getifaddrs(3)), loopback, unspecified, link-local,
 * multicast, reserved (RFC 6890), and the IPv6 addresses that stand for one of
 * these: IPv4-mapped, IPv4-compatible (RFC 4291 section 2.5.5), 64:ff9b::/96
 * (RFC 6052) and 2002::/16 (RFC 3056). A NULL list allows everything. Addresses
 * that are neither IPv4 nor IPv6 are not allowed.
 */
bool allow_hosts_reach(
    const char *list, const char *host, const struct sockaddr *);

/*
 * May we ask anybody (such as a proxy) for this host of a URL, before its
 * address is known? Not if the host is an address that is not allowed, or is
 * "localhost" (RFC 6761 section 6.3) and not named in the list. Without "*",
 * only if it is named.
 */
bool allow_hosts_ask(const char *list, const char *host);

/* Write an address to shown, without its port. */
void allow_hosts_show(const struct sockaddr *, char shown[ALLOW_HOSTS_SHOWN]);

#endif
