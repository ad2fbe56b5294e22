/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Download a whole image from a server without ranges.
 */
#ifndef VM_DOWNLOAD_H
#define VM_DOWNLOAD_H

/*
 * Download the image into the file settings.file_fd, and compare it with the
 * checksum of the settings. Send the progress, the image's identity, and at the
 * end REPORT_DOWNLOADED to vm-fetchd, which starts another nbdkit to serve the
 * file. Always returns -1, also after success, so that this nbdkit ends.
 */
int download_image(void);

#endif
