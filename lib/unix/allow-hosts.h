/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Which hosts a connection may go to that is made for somebody else: this
 * machine reaches its own services and its neighbours, and who asks it to fetch
 * a URL must not reach them that way.
 *
 * A list has hosts with commas or spaces between them. Each is a name, a name
 * with "*." in front (every host below that name), a numeric address, or "*":
 * each host but this machine and those that only a link reaches.
 */
#ifndef VM_UNIX_ALLOW_HOSTS_H
#define VM_UNIX_ALLOW_HOSTS_H

#include <sys/socket.h>

#include <stdbool.h>

#define ALLOW_HOSTS_SHOWN 64 /* bytes of an address in words, and a NUL */

/* Does the list name this host of a URL? "*" names none. */
bool allow_hosts_names(const char *list, const char *host);

/*
 * May a connection to this host of a URL go to this address? Only if the list
 * names the host or the address, or has a "*" and the address is none of: this
 * machine's own (getifaddrs(3)), loopback, unspecified, link-local, multicast,
 * reserved (RFC 6890), and the IPv6 addresses that stand for one of these:
 * IPv4-mapped, IPv4-compatible (RFC 4291 section 2.5.5), 64:ff9b::/96 (RFC 6052)
 * and 2002::/16 (RFC 3056). A list that is NULL allows everything. What is not
 * IPv4 or IPv6 is not allowed.
 */
bool allow_hosts_reach(
    const char *list, const char *host, const struct sockaddr *);

/*
 * May it at all be asked for this host of a URL, wherever a proxy may find it?
 * Not if it is an address that is not allowed, or "localhost" (RFC 6761 section
 * 6.3) and not named; and without "*", only if it is named.
 */
bool allow_hosts_ask(const char *list, const char *host);

/* Write an address without its port. */
void allow_hosts_show(const struct sockaddr *, char shown[ALLOW_HOSTS_SHOWN]);

#endif
