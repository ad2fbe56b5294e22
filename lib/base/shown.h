/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Names that strangers chose, made safe for messages.
 */
#ifndef VM_BASE_SHOWN_H
#define VM_BASE_SHOWN_H

#include <stddef.h>

/*
 * Write the name to out, which has size bytes (at least 1), with \xHH for each
 * byte that could end a line, control a terminal or mislead a reader
 * (utf8_is_deceptive()), or that is not UTF-8. The part that does not fit is
 * cut off. Returns out.
 */
const char *shown(char *out, size_t size, const char *name);

#endif
