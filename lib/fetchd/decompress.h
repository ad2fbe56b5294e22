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
	const char *name; /* the plugin's name of the format */
	/* The program, which unpacks standard input to standard output. */
	const char *argv[COMPRESSION_WORDS];
	const char *package; /* the Debian package of the program */
	int also_done;	     /* another exit status that is no failure */
};

/* Returns the format with the name that the plugin sent; NULL: unknown name. */
const struct compression *compression_find(const char *name);

/* Write to text[len] a message that says why decompression failed. */
void compression_failure(const struct compression *, char *text, size_t len);

#endif
