/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Control characters of ASCII (C0 and DEL), which terminals obey and which end
 * lines, in texts that strangers wrote.
 */
#ifndef VM_BASE_CONTROL_H
#define VM_BASE_CONTROL_H

#include <stdbool.h>

/* Does the text have one? */
bool has_control(const char *text);

/* Write a question mark in place of each. */
void replace_control(char *text);

#endif
