/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Text instead of an image: the page of a login or an error, a file of
 * checksums, a link. By the rules of browsers (WHATWG MIME Sniffing).
 */
#ifndef VM_IMAGE_TEXT_H
#define VM_IMAGE_TEXT_H

#include <stddef.h>

#include "image/info.h"

/*
 * What kind of text the file is that begins with these len bytes, of which
 * the first 4096 are judged; NULL if it is no text. UTF-8, UTF-16 with and
 * without a byte order mark, and 8-bit character sets are understood. Zeros
 * behind a text do not count: a server of NBD adds them.
 */
const struct image_foreign *image_text(const void *head, size_t len);

#endif
