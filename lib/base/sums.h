/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Files of SHA-256 checksums, as sha256sum(1) of GNU and sha256(1) of BSD write
 * them.
 */
#ifndef VM_BASE_SUMS_H
#define VM_BASE_SUMS_H

#include <stdbool.h>

#define SUM_SIZE 65 /* 64 hexadecimal digits and a NUL */

/* Is the text a checksum: 64 hexadecimal digits and nothing else? */
bool sum_is_valid(const char *text);

/*
 * Find the checksum of a file by its name, without directories, in a text with
 * lines "HEX  NAME", "HEX *NAME", "SHA256 (NAME) = HEX" or OpenSSL's
 * "SHA256(NAME)= HEX"; other lines are ignored. If the text has a single
 * checksum and no name, that checksum is for any file.
 * Returns 0 and the checksum in lower case; or -1 with errno: ENOENT if the
 * text has none for the file, EEXIST if it has two different ones.
 */
int sums_find(const char *text, const char *name, char sum[SUM_SIZE]);

#endif
