/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Lines that a server sends to its client in text messages, beside the bytes of
 * the backend: the state of a slot (WS_NBD_STATE).
 */
#ifndef VM_WS_TEXTS_H
#define VM_WS_TEXTS_H

#include <stddef.h>

#define WS_TEXTS_MAX 1024

/* The lines that are not sent yet, with newlines between them. */
struct ws_texts {
	size_t len;
	char text[WS_TEXTS_MAX];
};

/* Add a line of ASCII. If there is no room, it replaces the others. If it is
 * too long, it is cut. */
void ws_texts_add(struct ws_texts *, const char *line);

#endif
