/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Files that are no image: web pages, archives, and disks of virtual machines,
 * by their first bytes.
 */
#ifndef VM_IMAGE_FOREIGN_H
#define VM_IMAGE_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "image/info.h"

/*
 * Are these, the first len bytes of what a server sent, a web page? By the
 * signs that browsers go by (WHATWG MIME Sniffing, section 7.1).
 */
bool image_is_html(const void *head, size_t len);

/*
 * What a file that begins with these len bytes is, where a host cannot use it
 * as it is: IMAGE_HTML and what follows it; else IMAGE_RAW.
 */
enum image_format image_foreign_format(const void *head, size_t len);

#endif
