/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Lines on standard error that may have a peer's words in them.
 */
#ifndef VM_WS_LOG_H
#define VM_WS_LOG_H

/* Print a line about a peer ("": about no peer), with a question mark for each
 * byte that is not printable ASCII. */
void ws_log(const char *peer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
