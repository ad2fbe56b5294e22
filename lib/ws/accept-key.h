/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The key of a WebSocket's opening handshake, and the server's answer to it
 * (RFC 6455 section 4.2.2).
 */
#ifndef VM_WS_ACCEPT_KEY_H
#define VM_WS_ACCEPT_KEY_H

#include <stdbool.h>

#define WS_KEY_SIZE    25 /* base64 of 16 bytes, and a NUL */
#define WS_ACCEPT_SIZE 29 /* base64 of a SHA-1, and a NUL */

/* Write 16 random bytes as a client's Sec-WebSocket-Key. */
void ws_key(const unsigned char random[16], char key[WS_KEY_SIZE]);

/* May the text be a Sec-WebSocket-Key: is it base64 of 16 bytes? */
bool ws_is_key(const char *text);

/* Write the Sec-WebSocket-Accept that answers a key. */
void ws_accept(const char *key, char accept[WS_ACCEPT_SIZE]);

#endif
