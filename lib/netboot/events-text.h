/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Take the text of a line apart.
 */
#ifndef VM_NETBOOT_EVENTS_TEXT_H
#define VM_NETBOOT_EVENTS_TEXT_H

#include <stdbool.h>

/* If the text begins with the words, skip them. Returns whether it does. */
bool events_skip(char **text, const char *words);

/* Cut the next word off, at a space. Returns "" at the end. */
char *events_word(char **text);

/* Returns the part after the last slash; without a slash, the whole path. */
char *events_base(char *path);

#endif
