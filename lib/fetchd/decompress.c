/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "nbd/client.h"
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

/* Is that what gzip has packed, in whole sectors? Of xz the filter knows. */
static bool
is_whole(const struct packing *p, uint64_t size, uint64_t told)
{
	return strcmp(p->name, "gz") != 0 ||
	       (size - told) % ((uint64_t)1 << 32) < SECTOR;
}

int
packing_check(const struct packing *p, const char *socket, uint64_t told,
    char *text, size_t len)
{
	const struct nbd_wish any = {.identity = "any"};
	struct nbd_connection c;

	if (nbd_client_open(socket, -1, &any, &c, text, len) == -1) {
		snprintf(text, len,
		    "unable to unpack it as %s: it must be whole, and %s",
		    p->filter, p->needs);
		return EX_DATAERR;
	}
	if (c.size == 0) {
		snprintf(text, len, "the image is empty");
		return EX_DATAERR;
	}
	if (!is_whole(p, c.size, told)) {
		snprintf(text, len,
		    "unable to unpack it as gzip: it has several members, or "
		    "something behind its end");
		return EX_DATAERR;
	}
	snprintf(text, len, "it can be read");
	return 0;
}
