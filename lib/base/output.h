/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Standard output, which may be on a full disk or a pipe without a reader, and
 * causes on standard error, which a program may read.
 */
#ifndef VM_BASE_OUTPUT_H
#define VM_BASE_OUTPUT_H

#include <stdbool.h>

#include "base/cause.h"

/*
 * Call this at the beginning of main(). When the process calls exit(3), a
 * handler writes out what stdout holds. If that fails, the handler prints one
 * line and exits with EX_IOERR instead. If the reader of a pipe has gone, it
 * ends the process by SIGPIPE without a message, even if the parent ignores
 * that signal. The handler prints and exits itself, because no other code of
 * the program runs after exit(3).
 */
void output_check_at_exit(void);

/* Does the caller want causes (VM_CAUSES=1)? */
bool output_tells_causes(void);

/* Print the line that tells the cause of a failure, if the caller wants causes
 * (see cause.h). Call this before the message; the program ends with that
 * status. */
void output_cause(enum cause, int status);

/* Write out stdout and close it before the exit. Returns 0, or -1 with
 * errno. */
int output_close(void);

#endif
