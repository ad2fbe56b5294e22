/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The kernel's NBD client: its generic netlink family "nbd" (kernel file
 * include/uapi/linux/nbd-netlink.h) and what /sys/block/nbdN shows of it.
 * The kernel speaks NBD's transmission phase only; the handshake is done by
 * the program that hands it a socket (nbd/client.h).
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
	struct mnl_socket *requests; /* ours, and their answers */
	struct mnl_socket *events;   /* the multicast group: links that died */
	uint16_t family;
	uint32_t sequence;
};

/* What to attach, or to re-join: see kernel file drivers/block/nbd.c. */
struct nbd_link {
	int index;	  /* of /dev/nbdN; -1: a free one (attach only) */
	int socket;	  /* in transmission phase; the kernel takes a copy */
	uint64_t size;	  /* bytes, a multiple of block */
	unsigned block;	  /* bytes; 0: 512. Larger ones hide MBR and GPT */
	uint64_t flags;	  /* the export's transmission flags */
	unsigned timeout; /* seconds until a silent link counts as dead */
	unsigned outage;  /* seconds for which requests wait for a new one */
	const char *identity; /* of the image: a new link must show the same */
};

/*
 * Open it, and join the group before anything can happen. Returns 0, or -1
 * with errno: ENOENT where the nbd module is not loaded, or what socket(2)
 * says.
 */
int nbd_kernel_open(struct nbd_kernel *);
void nbd_kernel_close(struct nbd_kernel *);

/* poll(2) this for input before nbd_kernel_next_dead(). */
int nbd_kernel_event_fd(const struct nbd_kernel *);

/*
 * Attach. Returns the device's index, or -1 with errno: EBUSY (in use), EPERM
 * (not root), ENOENT (no such index), ETIMEDOUT, EINVAL.
 */
int nbd_kernel_connect(struct nbd_kernel *, const struct nbd_link *);

/*
 * Give a device whose link is dead a new one; size and flags stay. EINVAL
 * where the identity is another. The kernel also answers 0, and drops the
 * socket, where no link was dead: call it after nbd_kernel_next_dead() only.
 */
int nbd_kernel_rejoin(struct nbd_kernel *, const struct nbd_link *);

/* Detach. 0 also where nothing was attached. */
int nbd_kernel_disconnect(struct nbd_kernel *, int index);

/*
 * Take one event: the index of a device whose link has died; -1 with errno
 * EAGAIN where there is none, ENOBUFS where some were lost: anybody's link may
 * have died.
 */
int nbd_kernel_next_dead(struct nbd_kernel *);

/* Is the device attached, and usable? By sysfs, not by netlink's STATUS,
 * which only says that somebody has the device open. */
bool nbd_kernel_is_attached(int index);

/* Wait until it is, or is not, for a second at most. Returns whether so. */
bool nbd_kernel_await(int index, bool attached);

/*
 * What is attached: the image's identity, as it was given, and the bytes.
 * Returns 0, or -1 with errno: ENOENT where nothing is, or without an identity.
 */
int nbd_kernel_look(
    int index, char identity[NBD_CLIENT_IDENTITY_SIZE], uint64_t *size);

/* Does this kernel have the device at all? */
bool nbd_kernel_exists(int index);

/*
 * Set a value of /sys/block/nbdN/queue. Returns 0, or -1 with errno.
 */
int nbd_kernel_tune(int index, const char *name, unsigned value);

/*
 * The message of CONNECT or RECONFIGURE, as nbd_kernel_connect() and
 * _rejoin() send it, in buf. Returns its length. For tests.
 */
size_t nbd_kernel_message(void *buf, uint16_t family, uint32_t sequence,
    const struct nbd_link *link, bool rejoin);

#endif
