/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>

#include "drive/piece.h"

int
pieces_make(struct pieces *pieces)
{
	void *memory;
	unsigned i;

	memset(pieces, 0, sizeof(*pieces));
	if (posix_memalign(&memory, 4096, (size_t)PIECES * PIECE_SIZE) != 0)
		return -1;
	for (i = 0; i < PIECES; i++)
		pieces->all[i].bytes = (uint8_t *)memory + i * PIECE_SIZE;
	return 0;
}

static bool
overlaps(const struct piece *p, uint64_t begin, uint64_t end)
{
	return p->request.offset < end && begin < piece_end(p);
}

struct piece *
pieces_at(struct pieces *pieces, uint64_t offset)
{
	unsigned i;

	for (i = 0; i < PIECES; i++)
		if (pieces->all[i].is_read &&
		    overlaps(&pieces->all[i], offset, offset + 1))
			return &pieces->all[i];
	return NULL;
}

struct piece *
pieces_get(struct pieces *pieces, uint64_t begin, uint64_t end)
{
	struct piece *oldest = NULL, *p;

	for (p = pieces->all; p < pieces->all + PIECES; p++) {
		if (p->is_busy || p->usb > 0 ||
		    (p->is_read && overlaps(p, begin, end)))
			continue;
		if (!p->is_read)
			return p;
		if (oldest == NULL || p->stamp < oldest->stamp)
			oldest = p;
	}
	if (oldest != NULL)
		piece_free(oldest);
	return oldest;
}

void
pieces_touch(struct pieces *pieces, struct piece *p)
{
	p->stamp = ++pieces->stamp;
}

void
piece_free(struct piece *p)
{
	p->is_read = p->is_busy = p->is_of_host = false;
}

void
pieces_forget(struct pieces *pieces, uint64_t offset, uint64_t bytes)
{
	struct piece *p;

	for (p = pieces->all; p < pieces->all + PIECES; p++)
		if (p->is_read && overlaps(p, offset, offset + bytes)) {
			p->is_read = false;
			if (!p->is_busy)
				piece_free(p);
		}
}
