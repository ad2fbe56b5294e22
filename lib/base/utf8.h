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
 * Decode the character at the beginning of a text of len bytes. len must be at
 * least 1; for a string that is not empty, len may be UTF8_MAX. Returns the
 * length of the character in bytes and its number in *c; or 0 if it is not
 * valid.
 */
size_t utf8_decode(const void *text, size_t len, uint32_t *c);

/*
 * Can this character mislead the reader of a line: is it a control of C0 or C1,
 * invisible, a change of the writing direction, a lone surrogate or a
 * non-character?
 */
bool utf8_is_deceptive(uint32_t c);

#endif
