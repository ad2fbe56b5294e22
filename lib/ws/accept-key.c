/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include <bearssl.h>

#include "ws/accept-key.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648 section 4; BearSSL 0.6 has no function for it. */
static void
base64(const unsigned char *bytes, size_t len, char *out)
{
	unsigned long word;
	size_t i, k, have;

	for (i = 0; i < len; i += 3) {
		have = len - i < 3 ? len - i : 3;
		for (word = 0, k = 0; k < 3; k++)
			word = word << 8 | (k < have ? bytes[i + k] : 0);
		for (k = 0; k < 4; k++)
			*out++ = k <= have ? alphabet[word >> (18 - 6 * k) & 63]
					   : '=';
	}
	*out = '\0';
}

bool
ws_is_key(const char *text)
{
	return strlen(text) == WS_KEY_SIZE - 1 &&
	       strspn(text, alphabet) == WS_KEY_SIZE - 3 &&
	       strcmp(text + WS_KEY_SIZE - 3, "==") == 0;
}

void
ws_key(const unsigned char random[16], char key[WS_KEY_SIZE])
{
	base64(random, 16, key);
}

void
ws_accept(const char *key, char accept[WS_ACCEPT_SIZE])
{
	unsigned char hash[br_sha1_SIZE];
	br_sha1_context sha;

	br_sha1_init(&sha);
	br_sha1_update(&sha, key, strlen(key));
	br_sha1_update(&sha, GUID, sizeof(GUID) - 1);
	br_sha1_out(&sha, hash);
	base64(hash, sizeof(hash), accept);
}
