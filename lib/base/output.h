/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Standard output may be a full disk or a pipe that its reader has closed.
 */
#ifndef VM_BASE_OUTPUT_H
#define VM_BASE_OUTPUT_H

/*
 * For the beginning of main(): when the process calls exit(3), write out what
 * stdout holds. If that fails, print one line and exit with EX_IOERR instead. If
 * the reader of a pipe has gone, end by SIGPIPE without a word, also where the
 * parent ignores that signal. It prints and exits, because nothing of the program
 * runs after exit(3).
 */
void output_check_at_exit(void);

/* Write out stdout and close it, before the exit. Returns 0, or -1 with errno. */
int output_close(void);

#endif
