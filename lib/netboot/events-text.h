/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Taking the text of a line apart.
 */
#ifndef VM_NETBOOT_EVENTS_TEXT_H
#define VM_NETBOOT_EVENTS_TEXT_H

#include <stdbool.h>

/* If the text begins with the words, put it behind them. */
bool events_skip(char **text, const char *words);

/* Cut the next word off, at a space. Returns "" at the end. */
char *events_word(char **text);

/* The part behind the last slash. */
char *events_base(char *path);

#endif
