/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The link of a device: the connection of a peer that the kernel uses. This is
 * a part of handoff-server: only handoff-server uses these functions.
 */
#ifndef VM_NBD_HANDOFF_LINK_H
#define VM_NBD_HANDOFF_LINK_H

#include "nbd/handoff-state.h"

/* Has the socket been shut, by its other end or by the kernel? */
bool handoff_link_is_shut(int socket);

/* Returns the handshake of this peer. */
struct nbd_apart *handoff_link_check(
    struct handoff_server *, const struct handoff_peer *);

/* Drop the peer, its handshake, and its waiting connection. The kernel's
 * connection stays. */
void handoff_link_dismiss(struct handoff_server *, struct handoff_peer *);

/* Dismiss the peer, if not NULL, because `who` has connected instead. */
void handoff_link_supersede(
    struct handoff_server *, struct handoff_peer *, const char *who);

/* Shut the link, because the kernel replaces only a link that it has found
 * dead. The kernel's event follows, or handoff_link_bury() after some time. */
void handoff_link_end(struct handoff_server *);

/* Make this peer's connection the link, and take ownership of its socket.
 * checked: this process has done the handshake on it. */
void handoff_link_hold(
    struct handoff_server *, struct handoff_peer *, int socket, bool checked);

/*
 * Give the kernel the first connection, or another one for a dead link. Both
 * take ownership of the connection's socket, and tell the peer the result.
 * _attach() returns HANDOFF_SERVER_ATTACHED, or -1 with errno as
 * nbd_kernel_connect() does.
 */
int handoff_link_attach(
    struct handoff_server *, struct handoff_peer *, struct nbd_connection *);
void handoff_link_replace(
    struct handoff_server *, struct handoff_peer *, struct nbd_connection *);

/* The link is dead: give the kernel the connection that waits, if there is one.
 * Returns HANDOFF_SERVER_NOTHING if there is a link again, else _WAITING. */
int handoff_link_bury(struct handoff_server *);

/*
 * The kernel has reported a dead link, but our link is alive. Either the kernel
 * still had the link of a process before us, and did not take ours; or the
 * event was late. Give our connection to the kernel again, which accepts the
 * same one twice. If this process has not checked that it has this image, end
 * the link instead. Returns as handoff_link_bury() does.
 */
int handoff_link_repeat(struct handoff_server *);

#endif
