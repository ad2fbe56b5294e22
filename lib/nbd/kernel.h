/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The kernel's NBD client: its generic netlink family "nbd" (kernel file
 * include/uapi/linux/nbd-netlink.h), and its files in /sys/block/nbdN. The
 * kernel knows only the transmission phase of NBD. The program that gives it a
 * socket has done the handshake before (nbd/client.h).
 */
#ifndef VM_NBD_KERNEL_H
#define VM_NBD_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nbd/client.h"

/* Bytes of a request: the attributes below and a backend identifier. */
#define NBD_KERNEL_MESSAGE_MAX 1024

struct mnl_socket;

/* A connection to the kernel. Zero is closed. */
struct nbd_kernel {
	struct mnl_socket *requests; /* and answers */
	struct mnl_socket *events;   /* of the multicast group: dead links */
	uint16_t family;
	uint32_t sequence;
};

/* What the kernel gets: see kernel file drivers/block/nbd.c. */
struct nbd_link {
	int index;	  /* of /dev/nbdN; -1: a free one (only for connect) */
	int socket;	  /* in transmission phase; the kernel keeps a copy */
	uint64_t size;	  /* bytes, a multiple of block */
	unsigned block;	  /* bytes; 0: 512. Larger ones hide MBR and GPT */
	uint64_t flags;	  /* the export's transmission flags */
	unsigned timeout; /* seconds until a silent link counts as dead */
	unsigned outage;  /* seconds for which requests wait for a new one */
	const char *identity; /* of the image: a new link must show the same */
};

/*
 * Open the sockets, and join the multicast group: no later event is missed.
 * Returns 0, or -1 with errno: ENOENT if the nbd module is not loaded, or as of
 * socket(2).
 */
int nbd_kernel_open(struct nbd_kernel *);
void nbd_kernel_close(struct nbd_kernel *);

/* poll(2) this for input before nbd_kernel_next_dead(). */
int nbd_kernel_event_fd(const struct nbd_kernel *);

/*
 * Attach a device. Returns its index, or -1 with errno: EBUSY (in use), EPERM
 * (not root), ENOENT (no such index), ETIMEDOUT, EINVAL.
 */
int nbd_kernel_connect(struct nbd_kernel *, const struct nbd_link *);

/*
 * Give a new link to a device whose link is dead; size and flags stay. Returns
 * 0, or -1 with errno: EINVAL if the identity is another. If no link was dead,
 * the kernel drops the socket and this returns 0 as well: call it only after
 * nbd_kernel_next_dead().
 */
int nbd_kernel_rejoin(struct nbd_kernel *, const struct nbd_link *);

/* Detach a device. Returns 0 also if nothing was attached, or -1 with errno. */
int nbd_kernel_disconnect(struct nbd_kernel *, int index);

/*
 * Read one event. Returns the index of a device whose link has died; or -1 with
 * errno: EAGAIN if there is no event; ENOBUFS if events were lost, so that the
 * link of any device may have died.
 */
int nbd_kernel_next_dead(struct nbd_kernel *);

/* Is the device attached, and usable? This reads sysfs, because netlink's
 * command STATUS only tells that a process has the device open. */
bool nbd_kernel_is_attached(int index);

/* Wait, for a second at most, until the device is attached, or detached.
 * Returns false if this did not happen. */
bool nbd_kernel_await(int index, bool attached);

/*
 * Read the identity of the attached image, and its size in bytes. Returns 0; or
 * -1 with errno ENOENT if nothing is attached, or an image without an identity.
 */
int nbd_kernel_look(
    int index, char identity[NBD_CLIENT_IDENTITY_SIZE], uint64_t *size);

/* Does this kernel have the device at all? */
bool nbd_kernel_exists(int index);

/* Set a value of /sys/block/nbdN/queue. Returns 0, or -1 with errno. */
int nbd_kernel_tune(int index, const char *name, unsigned value);

/*
 * Write the message that nbd_kernel_connect() or _rejoin() sends to buf.
 * Returns its length. This is public for tests.
 */
size_t nbd_kernel_message(void *buf, uint16_t family, uint32_t sequence,
    const struct nbd_link *link, bool rejoin);

#endif
