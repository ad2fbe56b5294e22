/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "fetchd/decompress.h"
#include "fetchd/spool.h"

/*
 * If other data follows the compressed data, gzip(1) warns and exits 2, and
 * bzip2(1) exits 0. bzip2(1) exits 2 if the file is damaged.
 */
static const struct compression formats[] = {
    {"xz", {"xz", "-dc", NULL}, "xz-utils", 0},
    {"gz", {"gzip", "-dc", NULL}, "gzip", 2},
    {"bz2", {"bzip2", "-dc", NULL}, "bzip2", 0},
    {"zst", {"zstd", "-dcq", NULL}, "zstd", 0},
    {"zip", {"gzip", "-dc", NULL}, "gzip", 0},
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

void
compression_failure(const struct compression *p, char *text, size_t len)
{
	snprintf(text, len,
	    "unable to decompress it as %s: the file must be complete, and %s "
	    "must have room for the image",
	    strcmp(p->name, "zip") == 0 ? p->name : p->argv[0],
	    spool_directory());
}
