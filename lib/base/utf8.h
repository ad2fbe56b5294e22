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

#define UTF8_MAX 4 /* bytes of a character */

/*
 * The character at the beginning of a text of len bytes, at least 1; of a string
 * that is not empty, len may be UTF8_MAX. Returns its length in bytes and its
 * number in *c; or 0 where it is not valid.
 */
size_t utf8_decode(const void *text, size_t len, uint32_t *c);

/*
 * May a character mislead who reads a line with it: controls of C0 and C1, what
 * is invisible, what changes the direction of writing, lone surrogates and
 * non-characters?
 */
bool utf8_is_deceptive(uint32_t c);

#endif
