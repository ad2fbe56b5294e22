/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Download the whole image before it is served, because its server cannot send
 * parts of a file. The plugin downloads the image into a file that vm-fetchd
 * makes; then another nbdkit serves this file.
 */
#ifndef VM_FETCHD_DOWNLOAD_H
#define VM_FETCHD_DOWNLOAD_H

#include "base/failure.h"
#include "fetchd/supervisor.h"

/*
 * The plugin has sent REPORT_WHOLE with this text. With only_check, only set
 * the image's identity; otherwise start nbdkit again, to download the image.
 * Returns 0; or -1 with the failure described (if there is no room, how much
 * space is missing).
 */
int download_begin(struct supervisor *, const char *text, struct failure *);

/* The plugin has sent REPORT_DOWNLOADED: have nbdkit serve the file. */
int download_serve(struct supervisor *, struct failure *);

#endif
