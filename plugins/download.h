/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Download what a server without ranges has, as a whole.
 */
#ifndef VM_DOWNLOAD_H
#define VM_DOWNLOAD_H

#include <stddef.h>

#include "sources/source.h"

/*
 * Download the image into the file settings.file_fd, check it against the
 * checksum of the settings, and tell vm-fetchd how far it is, what the image is,
 * and that it is there (REPORT_DOWNLOADED): another nbdkit will serve the file.
 * Returns -1, which ends this one, also for a failure.
 */
int download_image(void);

/*
 * Download a short text into text[room], and end it with a NUL. Returns 0; or -1
 * with *why.
 */
int download_text(
    const struct source_config *, char *text, size_t room, struct fault *why);

#endif
