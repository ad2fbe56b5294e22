/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the image is, in a file for who started vm-fetchd: the lines that clients
 * get as the export's description (url, size and validator), and
 *
 *	sha256: HEX		what its SHA-256 must be: the reader compares it
 *	compressed: xz|gz|...	what is served has been decompressed
 *	ranges: no		it is downloaded whole first; size may be missing
 */
#ifndef VM_FETCHD_ABOUT_H
#define VM_FETCHD_ABOUT_H

#include "base/failure.h"
#include "fetchd/supervisor.h"

/* Write it, if that is wanted. Returns 0; or -1 with the failure described. */
int about_write(const struct supervisor *, struct failure *);

#endif
