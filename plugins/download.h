/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Download an image as a whole, from a server without ranges.
 */
#ifndef VM_DOWNLOAD_H
#define VM_DOWNLOAD_H

/*
 * Download the image into the file settings.file_fd, check it against the
 * checksum of the settings, and tell vm-fetchd how far it is, what the image is,
 * and that it is there (REPORT_DOWNLOADED): another nbdkit will serve the file.
 * Returns -1, which ends this one, also for a failure.
 */
int download_image(void);

#endif
