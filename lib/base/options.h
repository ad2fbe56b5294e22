/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A program's options: letters, and the two long options that people try first.
 */
#ifndef VM_BASE_OPTIONS_H
#define VM_BASE_OPTIONS_H

/*
 * Returns the next option, and sets optarg and optind, as getopt(3) does.
 * --help is returned as 'h' and --version as 'V'; letters must have both. For
 * any other long option, print a message on stderr and return '?'.
 */
int options_next(int argc, char *argv[], const char *letters);

#endif
