/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What vm-fetchd sends to the plugin when a link or credentials are renewed: a
 * text of fields, each "NAME LENGTH\n", LENGTH bytes, and "\n". The names are
 * those of the plugin's parameters.
 */
#ifndef VM_FETCHD_RENEWAL_H
#define VM_FETCHD_RENEWAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Append a field to the text in buf, which has room for that many bytes, its
 * NUL included. Returns 0, or -1 with errno ENOBUFS, and the text is unchanged.
 */
int renewal_add(char *buf, size_t room, const char *name, const char *value);

/*
 * Take the next field off a text, which is cut up for that. Returns false at
 * its end, or where it is malformed.
 */
bool renewal_next(char **rest, const char **name, const char **value);

#endif
