/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The path of a request: /TOKEN/NAME. A machine's script contains its token,
 * which nobody can guess.
 */
#ifndef VM_NETBOOT_PATH_H
#define VM_NETBOOT_PATH_H

#include <stdbool.h>

#define TOKEN_DIGITS 32
#define NAME_SIZE    101 /* bytes of a name, the NUL included */

/* Each is "" if the path has none that is valid. */
struct netboot_path {
	char token[TOKEN_DIGITS + 1];
	char name[NAME_SIZE];
};

/*
 * Take a path as it was sent, without a query. It is percent-encoded, and may
 * have several slashes in place of one: firmware joins paths like that. An
 * encoded slash does not separate components. A name has only letters, digits
 * and . _ - +, does not begin with a dot, and ends the path: it always names a
 * file in one directory.
 */
void netboot_path_take(const char *path, struct netboot_path *);

/* Does the path have that token of TOKEN_DIGITS digits? The time that this
 * takes does not depend on how many digits are right. */
bool netboot_path_is_for(const struct netboot_path *, const char *token);

#endif
