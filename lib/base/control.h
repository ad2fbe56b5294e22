/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * ASCII control characters (C0 and DEL) in texts that strangers wrote:
 * terminals obey them, and some end a line.
 */
#ifndef VM_BASE_CONTROL_H
#define VM_BASE_CONTROL_H

#include <stdbool.h>

/* Does the text have a control character? */
bool has_control(const char *text);

/* Replace each control character by a question mark. */
void replace_control(char *text);

#endif
