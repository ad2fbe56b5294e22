/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Where a server listens, and who has come.
 */
#ifndef VM_UNIX_INET_H
#define VM_UNIX_INET_H

#include <stdbool.h>
#include <stddef.h>

#define INET_PEER_SIZE 64 /* bytes of a peer's address in words, and a NUL */

/*
 * Listen at "ADDR:PORT" ("[ADDR]:PORT" for IPv6; port 0 is any) or at the path
 * of a Unix socket. *is_local says whether only this machine can connect;
 * shown, of size bytes, what it listens at. Returns the descriptor, which the
 * caller closes; or -1 with errno: EINVAL (where is neither), EADDRINUSE, or as
 * of bind(2) and listen_unix().
 */
int inet_listen(const char *where, bool *is_local, char *shown, size_t size);

/* Can only this machine connect to that listening socket? */
bool inet_is_local(int fd);

/* Who is at the other end, in words: an address without a port, or "local". */
void inet_peer_name(int fd, char name[INET_PEER_SIZE]);

/* The network of such a peer, in words: an IPv6 address is cut to its /64, which
 * one host has whole (RFC 4291 section 2.5.4), and an IPv4 address, as a web server
 * names it that listens by IPv6, is itself (section 2.5.5.2). */
void inet_peer_network(const char *peer, char network[INET_PEER_SIZE]);

/* Is a peer of that name a process of this machine? */
bool inet_is_this_machine(const char *peer);

#endif
