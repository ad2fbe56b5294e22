/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The path of a request: /TOKEN/NAME. The token is what a machine's script was made
 * with, and nobody can guess.
 */
#ifndef VM_NETBOOT_PATH_H
#define VM_NETBOOT_PATH_H

#include <stdbool.h>

#define TOKEN_DIGITS 32
#define NAME_SIZE    101 /* bytes of a name, the NUL included */

/* Each is "" where there is none that could be right. */
struct netboot_path {
	char token[TOKEN_DIGITS + 1];
	char name[NAME_SIZE];
};

/*
 * Take a path as it was sent, without a query: percent-encoded, and with several
 * slashes for one, as firmware joins paths. A slash that is encoded separates
 * nothing. A name has letters, digits and . _ - + only, does not begin with a dot,
 * and nothing is behind it: it is always that of a file in one directory.
 */
void netboot_path_take(const char *path, struct netboot_path *);

/* Has the path that token, of TOKEN_DIGITS digits? How long this takes does not
 * depend on how many of them are right. */
bool netboot_path_is_for(const struct netboot_path *, const char *token);

#endif
