/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Connections of the keeper to an NBD server, one after the other: the handshake is
 * made by a program without rights (nbd/apart-program.h), since libnbd would make
 * the keeper and each worker large. A server that has another image than the first
 * one is not taken. Nothing here waits for the server.
 */
#ifndef VM_DRIVE_DIAL_H
#define VM_DRIVE_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "nbd/client-apart.h"

struct dial {
	const char *path; /* the Unix socket; the caller's */
	bool writable;
	void (*say)(const char *line);
	/* Internal: */
	int candidate; /* a connection in handshake; -1: none */
	struct nbd_apart handshake;
	int64_t next;	 /* clock_ms() of the next try */
	bool is_known;	 /* there was a first connection */
	bool is_refused; /* there was another image, and that was said */
	bool is_told;	 /* the handshake can't be made, and that was said */
	struct nbd_connection first; /* what it said; its socket is not ours */
	char reason[512];	     /* why the last try has failed */
};

#define DIAL_AGAIN_MS 200 /* until the next try */

/* Begin without a connection. */
void dial_init(struct dial *, const char *path, bool writable,
    void (*say)(const char *line));

/*
 * Go on to connect; call it again when dial_descriptor() can be read, and after
 * DIAL_AGAIN_MS. Returns 1 with a connection in *socket, which is the caller's; 0 if
 * there is none yet; or -1 with the failure described.
 */
int dial_go_on(struct dial *, int *socket, struct failure *);

/* The descriptor to wait for, or -1. */
int dial_descriptor(const struct dial *);

/* Give up a handshake that is under way. */
void dial_end(struct dial *);

/* In a child: close what only the parent uses. */
void dial_forget(struct dial *);

#endif
