/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Bytes as hexadecimal digits.
 */
#ifndef VM_BASE_HEX_H
#define VM_BASE_HEX_H

#include <stddef.h>

/* Write 2 * len digits, in lower case, and a NUL to out. */
void hex_encode(char *out, const unsigned char *bytes, size_t len);

/* The value of a digit in lower or upper case; -1 if c is not a hexadecimal
 * digit. */
int hex_digit(char c);

#endif
