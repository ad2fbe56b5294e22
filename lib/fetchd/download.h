/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Download an image whole before it is served, because its server can't send
 * parts of it. The plugin downloads it into a file that vm-fetchd makes; then
 * another nbdkit serves that file.
 */
#ifndef VM_FETCHD_DOWNLOAD_H
#define VM_FETCHD_DOWNLOAD_H

#include "base/failure.h"
#include "fetchd/supervisor.h"

/*
 * The plugin has sent REPORT_WHOLE with that text. With only_check, end here.
 * Otherwise start nbdkit again, to download the image. Returns 0; or -1 with the
 * failure described: where there is no room, how much is missing.
 */
int download_begin(struct supervisor *, const char *text, struct failure *);

/* The plugin has sent REPORT_DOWNLOADED: have nbdkit serve the file. */
int download_serve(struct supervisor *, struct failure *);

#endif
