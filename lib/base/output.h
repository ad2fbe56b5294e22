/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Standard output may be a full disk or a pipe that its reader has closed, and
 * standard error may be read by a program.
 */
#ifndef VM_BASE_OUTPUT_H
#define VM_BASE_OUTPUT_H

#include <stdbool.h>

#include "base/cause.h"

/*
 * For the beginning of main(): when the process calls exit(3), write out what
 * stdout holds. If that fails, print one line and exit with EX_IOERR instead. If
 * the reader of a pipe has gone, end by SIGPIPE without a word, also where the
 * parent ignores that signal. It prints and exits, because nothing of the program
 * runs after exit(3).
 */
void output_check_at_exit(void);

/* Does the caller ask for causes? */
bool output_tells_causes(void);

/* Before the message of a failure that ends the program with that status: print
 * the line that tells its cause, if the caller asks for it (see cause.h). */
void output_cause(enum cause, int status);

/* Write out stdout and close it, before the exit. Returns 0, or -1 with errno. */
int output_close(void);

#endif
