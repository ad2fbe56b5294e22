/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The text that identifies an image: the NBD export's description, with lines
 * "url: ", "size: " and "validator: ".
 */
#ifndef VM_IDENTITY_H
#define VM_IDENTITY_H

#include <stdbool.h>

/*
 * Do both texts describe one image? A weak and a strong ETag that differ only
 * in the mark are equal (RFC 9110 section 8.8.3.2), because a server may send
 * the weak one for a new file, and the strong one later.
 */
bool identity_is_same(const char *a, const char *b);

/*
 * Does b describe the image of a, with another validator, which one of these
 * lines has (see source_info.adopted)? lines may be NULL.
 */
bool identity_is_adopted(const char *a, const char *b, const char *lines);

#endif
