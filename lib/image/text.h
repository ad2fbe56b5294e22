/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Recognise text instead of an image: the page of a login or an error, a file
 * of checksums, a link. The rules are those of browsers (WHATWG MIME Sniffing).
 */
#ifndef VM_IMAGE_TEXT_H
#define VM_IMAGE_TEXT_H

#include <stddef.h>

#include "image/info.h"

/*
 * Returns the kind of text that begins with these len bytes, of which the first
 * 4096 are judged; NULL if it is no text. Understands UTF-8, UTF-16 with and
 * without a byte order mark, and 8-bit character sets. Ignores zeros after the
 * text, because an NBD server adds them.
 */
const struct image_foreign *image_text(const void *head, size_t len);

#endif
