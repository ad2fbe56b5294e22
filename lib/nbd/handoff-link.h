/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The link of a device: the connection of a peer that the kernel has. This is a
 * part of handoff-server, and only it uses these functions.
 */
#ifndef VM_NBD_HANDOFF_LINK_H
#define VM_NBD_HANDOFF_LINK_H

#include "nbd/handoff-state.h"

/* Has the socket been shut, by its other end or by the kernel? */
bool handoff_link_is_shut(int socket);

/* The handshake of that peer. */
struct nbd_apart *handoff_link_check(
    struct handoff_server *, const struct handoff_peer *);

/* Forget the peer, its handshake, and its waiting connection. The kernel's
 * connection stays. */
void handoff_link_dismiss(struct handoff_server *, struct handoff_peer *);

/* Dismiss a peer, if not NULL, because who has connected. */
void handoff_link_supersede(
    struct handoff_server *, struct handoff_peer *, const char *who);

/* The kernel replaces only what it has found dead: shut the link. The kernel's
 * event, or handoff_link_bury() after some time, follows. */
void handoff_link_end(struct handoff_server *);

/* From now on that peer's connection, which becomes ours, is the link. checked: we
 * have done its handshake. */
void handoff_link_hold(
    struct handoff_server *, struct handoff_peer *, int socket, bool checked);

/*
 * Give the kernel the first connection, or another one for a dead link. Both own
 * the connection's socket from then on, and tell the peer. _attach() returns
 * HANDOFF_SERVER_ATTACHED, or -1 with errno as nbd_kernel_connect() does.
 */
int handoff_link_attach(
    struct handoff_server *, struct handoff_peer *, struct nbd_connection *);
void handoff_link_replace(
    struct handoff_server *, struct handoff_peer *, struct nbd_connection *);

/* The link is dead: give the kernel the connection that waits, if there is one.
 * Returns HANDOFF_SERVER_NOTHING if there is a link again, else _WAITING. */
int handoff_link_bury(struct handoff_server *);

/*
 * The kernel says that the device's link has died, and ours has not: it had the
 * link of a process before us, and did not take ours; or the event was late. The
 * kernel takes the same connection twice, but never gets one that is not known to
 * be of this image. Returns as handoff_link_bury() does.
 */
int handoff_link_repeat(struct handoff_server *);

#endif
