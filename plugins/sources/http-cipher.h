/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The order of the ciphers that TLS offers. OpenSSL offers AES first, which
 * takes several times as long as ChaCha20 on a processor without AES
 * instructions; the processors of most BMCs have none (the ARM Cortex-A7 of an
 * AST2600).
 */
#ifndef VM_SOURCES_HTTP_CIPHER_H
#define VM_SOURCES_HTTP_CIPHER_H

#include <curl/curl.h>

/*
 * Offer ChaCha20-Poly1305 (RFC 8446 appendix B.4, RFC 7905) before AES if this
 * processor has no AES instructions; nothing else changes, and the server may
 * still choose. Does nothing if libcurl's TLS is not OpenSSL.
 */
void http_prefer_cipher(CURL *);

#endif
