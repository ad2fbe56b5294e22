/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What outlives a keeper that is killed, where systemd started it: the descriptors of
 * the function, thus the drive stays on the bus; what the host knows of the drive; and
 * which image the host has.
 */
#ifndef VM_DRIVE_STORE_H
#define VM_DRIVE_STORE_H

#include <stdbool.h>

#include "drive/function.h"
#include "drive/shared.h"
#include "nbd/client.h"

/* Which image the host has: another one must not take its place. */
struct store_image {
	uint32_t is_known;
	struct nbd_connection first;
};

struct drive_store {
	bool is_kept; /* a keeper before us has left all this */
	struct function function;
	int memory[2]; /* of these two; -1: mapped, and kept if anywhere */
	struct drive_shared *shared;
	struct store_image *image;
};

/* Take what was kept, or make the memory. Returns 0, or -1 with errno. */
int store_open(struct drive_store *);

/* What was kept is of no use: forget it, and make the memory anew. Returns as above. */
int store_renew(struct drive_store *);

/* Have systemd keep the function, and the memory. */
void store_put(struct drive_store *, const struct function *);

/* systemd keeps nothing any more: the function can be removed. */
void store_drop(void);

#endif
