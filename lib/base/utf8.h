/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * UTF-8 (RFC 3629) in texts that strangers wrote.
 */
#ifndef VM_BASE_UTF8_H
#define VM_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The character at the beginning of a string that is not empty. Returns its
 * length in bytes, 1 to 4, and its number in *c; or 0 where it is not valid.
 */
size_t utf8_decode(const char *, uint32_t *c);

/*
 * May a character mislead who reads a line with it: controls of C0 and C1, what
 * is invisible, and what changes the direction of writing?
 */
bool utf8_is_deceptive(uint32_t c);

#endif
