/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Where a server listens, and which peer has connected.
 */
#ifndef VM_UNIX_INET_H
#define VM_UNIX_INET_H

#include <stdbool.h>
#include <stddef.h>

#define INET_PEER_SIZE 64 /* bytes of a peer's address as text, and a NUL */

/*
 * Listen at "ADDR:PORT" ("[ADDR]:PORT" for IPv6; port 0: any free one) or at
 * the path of a Unix socket. *is_local becomes whether only this machine can
 * connect, and shown, of size bytes, where the server listens. Returns the
 * descriptor, which the caller closes; or -1 with errno: EINVAL (where has
 * neither form), EADDRINUSE, or that of bind(2) and listen_unix().
 */
int inet_listen(const char *where, bool *is_local, char *shown, size_t size);

/* Can only this machine connect to that listening socket? */
bool inet_is_local(int fd);

/* Write the peer's address as text, without a port; or "local" for a Unix
 * socket. */
void inet_peer_name(int fd, char name[INET_PEER_SIZE]);

/* Write the network of such a peer as text: of an IPv6 address its /64, because
 * one host can have all of that (RFC 4291 section 2.5.4). An IPv4 address
 * stays, also in the form that a web server with an IPv6 socket gives it
 * (section 2.5.5.2). */
void inet_peer_network(const char *peer, char network[INET_PEER_SIZE]);

/* Is a peer of that name a process of this machine? */
bool inet_is_this_machine(const char *peer);

#endif
