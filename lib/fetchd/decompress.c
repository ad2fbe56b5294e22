/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fetchd/decompress.h"

#define SECTOR 512

static const struct packing packings[] = {
    {"xz", "xz", "it is unpacked while it is read",
	"made of blocks that memory has room for (xz -T0)"},
    {"gz", "gzip",
	"it is unpacked first, which takes as much room as the image in "
	"/var/tmp, or TMPDIR",
	"there must be room for it in /var/tmp, or TMPDIR"},
};

const struct packing *
packing_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(packings) / sizeof(packings[0]); i++)
		if (strcmp(name, packings[i].name) == 0)
			return &packings[i];
	return NULL;
}

/*
 * Is that all that gzip compressed, padded to whole sectors? For xz the filter
 * has checked it.
 */
static bool
is_whole(const struct packing *p, uint64_t size, uint32_t trailer_size)
{
	return strcmp(p->name, "gz") != 0 ||
	       (uint32_t)size - trailer_size < SECTOR;
}

const char *
packing_refusal(const struct packing *p, uint64_t size, uint32_t trailer_size)
{
	if (size == 0)
		return "the image is empty";
	if (!is_whole(p, size, trailer_size))
		return "unable to unpack it as gzip: it has several members, "
		       "or something behind its end";
	return NULL;
}

void
packing_failure(const struct packing *p, char *text, size_t len)
{
	snprintf(text, len,
	    "unable to unpack it as %s: it must be whole, and %s", p->filter,
	    p->needs);
}
