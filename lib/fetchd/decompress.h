/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Compressed images, and the programs that unpack them.
 */
#ifndef VM_FETCHD_DECOMPRESS_H
#define VM_FETCHD_DECOMPRESS_H

#include <stddef.h>

#define COMPRESSION_WORDS 4

struct compression {
	const char *name; /* the plugin's word for the format */
	/* The program, which unpacks its standard input to its output. */
	const char *argv[COMPRESSION_WORDS];
	const char *package; /* of Debian, that has the program */
	int also_done;	     /* an exit status that is no failure, too */
};

/* The format of that name, which the plugin sent; NULL: none has it. */
const struct compression *compression_find(const char *name);

/* Why the image could not be decompressed, for people, in text[len]. */
void compression_failure(const struct compression *, char *text, size_t len);

#endif
