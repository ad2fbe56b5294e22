/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The URI of an image in this machine's store: image:NAME or image:OWNER/NAME
 * (vm-image(8)).
 */
#ifndef VM_BASE_STORED_H
#define VM_BASE_STORED_H

#include <stdbool.h>

#define STORED_SCHEME "image:"

/* Is this such a URI, with a name and an owner that the store accepts? The
 * image need not exist. */
bool is_stored_image(const char *uri);

#endif
