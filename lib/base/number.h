/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Numbers from a command line or a file: the whole text must be a number in
 * range.
 */
#ifndef VM_BASE_NUMBER_H
#define VM_BASE_NUMBER_H

#include <stdint.h>

/*
 * Parse the decimal number in text into *out. The whole of text must be
 * digits: no sign, no space, nothing behind it.
 *
 * Returns 0; or -1 with errno EINVAL (not a number) or ERANGE (below min or
 * above max), *out untouched.
 */
int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/*
 * The same for a size in bytes, which may end in K, M, G or T (powers of
 * 1024). min and max are in bytes.
 */
int number_parse_size(
    const char *text, uint64_t min, uint64_t max, uint64_t *out);

#endif
