/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Parts of the medium in memory: what the host reads now, what is read ahead of it,
 * and what it has written and the source has not yet. A few buffers are all: a BMC
 * has little memory, and vm-fetchd has a cache. (With half of them, and half as much
 * ahead, sequential reads took 1.2 to 1.8 times as long; with pieces of half the size,
 * the server used twice the processor.)
 */
#ifndef VM_DRIVE_PIECE_H
#define VM_DRIVE_PIECE_H

#include <stdbool.h>
#include <stdint.h>

#include "drive/source.h"

#define PIECES	   7
#define PIECE_SIZE (128u << 10) /* bytes */

struct piece {
	bool is_busy;	  /* its request is under way, or is_of_host */
	bool is_of_host;  /* the host's bytes come, or wait to be compared */
	bool is_read;	  /* of a read: its bytes are what the medium has */
	unsigned usb;	  /* transfers on the bus that use it */
	uint32_t command; /* the number of the command that began it */
	uint64_t stamp;	  /* larger: used later */
	struct source_request request;
	uint8_t *bytes;
};

struct pieces {
	struct piece all[PIECES];
	uint64_t stamp;
};

/* The offset behind its bytes. */
static inline uint64_t
piece_end(const struct piece *p)
{
	return p->request.offset + p->request.length;
}

/* Allocate. Returns 0, or -1 with errno ENOMEM. */
int pieces_make(struct pieces *);

/* The piece that holds or awaits the byte of the medium at offset, or NULL. */
struct piece *pieces_at(struct pieces *, uint64_t offset);

/*
 * A piece for something new: a free one, or that which was not used for the longest
 * time and lies outside from begin to end. NULL if there is none at the moment.
 */
struct piece *pieces_get(struct pieces *, uint64_t begin, uint64_t end);

/* The piece is used now. */
void pieces_touch(struct pieces *, struct piece *);

/* Forget it; its request must not be under way. */
void piece_free(struct piece *);

/* Forget what was read of this part of the medium: it has changed. */
void pieces_forget(struct pieces *, uint64_t offset, uint64_t bytes);

#endif
