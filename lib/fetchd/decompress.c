/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fetchd/decompress.h"

#define SECTOR 512

static const struct compression formats[] = {
    {"xz", "xz", "it is decompressed while it is read",
	"its blocks must fit into memory (xz -T0)"},
    {"gz", "gzip",
	"it is decompressed first, into /var/tmp or TMPDIR, which needs room "
	"for the whole image",
	"/var/tmp or TMPDIR must have room for the image"},
};

const struct compression *
compression_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(name, formats[i].name) == 0)
			return &formats[i];
	return NULL;
}

/*
 * Is that all that gzip compressed, padded to whole sectors? For xz the filter
 * has checked it.
 */
static bool
is_whole(const struct compression *p, uint64_t size, uint32_t trailer_size)
{
	return strcmp(p->name, "gz") != 0 ||
	       (uint32_t)size - trailer_size < SECTOR;
}

const char *
compression_refusal(
    const struct compression *p, uint64_t size, uint32_t trailer_size)
{
	if (size == 0)
		return "the image is empty";
	if (!is_whole(p, size, trailer_size))
		return "unable to decompress it as gzip: it has several "
		       "members, or data behind its end";
	return NULL;
}

void
compression_failure(const struct compression *p, char *text, size_t len)
{
	snprintf(text, len,
	    "unable to decompress it as %s: the file must be complete, and %s",
	    p->filter, p->needs);
}
