/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A file that tells the caller of vm-fetchd what the image is. It has the lines
 * that clients get as the export's description (url, size and validator), and
 *
 *	sha256: HEX		the SHA-256 that the image must have: the reader
 *				of the file compares it
 *	compressed: xz|gz|...	the image has been decompressed from this format
 *	ranges: no		the image is downloaded whole first; size may be
 *				missing
 */
#ifndef VM_FETCHD_ABOUT_H
#define VM_FETCHD_ABOUT_H

#include "base/failure.h"
#include "fetchd/supervisor.h"

/* Write the file if the about parameter names one. Returns 0; or -1 with the
 * failure described. */
int about_write(const struct supervisor *, struct failure *);

#endif
