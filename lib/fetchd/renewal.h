/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The text that vm-fetchd sends to the plugin when a link or credentials are
 * renewed. It has fields: each is "NAME LENGTH\n", LENGTH bytes, and "\n". NAME
 * is a parameter of the plugin.
 */
#ifndef VM_FETCHD_RENEWAL_H
#define VM_FETCHD_RENEWAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Append a field to the text in buf, whose size is room bytes with the NUL.
 * Returns 0; or -1 with errno ENOBUFS if the field does not fit, and the text
 * is unchanged.
 */
int renewal_add(char *buf, size_t room, const char *name, const char *value);

/*
 * Take the next field off the text at *rest, and write NULs into the text.
 * Returns false at the end of the text, or if it is malformed.
 */
bool renewal_next(char **rest, const char **name, const char **value);

#endif
