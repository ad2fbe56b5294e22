/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The text by which an image is known again: the NBD export's description,
 * lines "url: ", "size: " and "validator: ".
 */
#ifndef VM_IDENTITY_H
#define VM_IDENTITY_H

#include <stdbool.h>

/*
 * Are both texts of one image? A weak ETag and a strong one that differ only in
 * that mark are equal (RFC 9110 section 8.8.3.2): a server may send one for a
 * new file, and the other later.
 */
bool identity_is_same(const char *a, const char *b);

/*
 * Is b the image of a under another validator, which is one of these lines (see
 * source_info.adopted)? lines may be NULL.
 */
bool identity_is_adopted(const char *a, const char *b, const char *lines);

#endif
