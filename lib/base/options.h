/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The options of a program: letters, and the two long ones that people try first.
 */
#ifndef VM_BASE_OPTIONS_H
#define VM_BASE_OPTIONS_H

/*
 * Return the next option, as getopt(3) does, with its variables optarg and optind.
 * --help is -h, and --version is -V; letters must have both. After another long
 * option, a message is on stderr, and '?' is returned.
 */
int options_next(int argc, char *argv[], const char *letters);

#endif
