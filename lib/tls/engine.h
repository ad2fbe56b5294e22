/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * TLS 1.2 (RFC 5246) by BearSSL, as engines without I/O: what they are told of
 * suites, keys and trust. lib/tls/connection.h moves their records.
 *
 * Only suites with forward secrecy and AEAD are offered. Where the processor
 * has no AES instructions, ChaCha20 comes first: BearSSL's portable AES-GCM
 * takes eight times as long.
 */
#ifndef VM_TLS_ENGINE_H
#define VM_TLS_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include <bearssl.h>

#include "tls/pem.h"

#define TLS_PIN_SIZE br_sha256_SIZE /* bytes: SHA-256 of a certificate */

/* Trust in one certificate, whatever it says of names and dates. */
struct tls_pin {
	const br_x509_class *vtable; /* first: BearSSL's idea of an object */
	unsigned char expected[TLS_PIN_SIZE];
	br_sha256_context hash;
	br_x509_decoder_context decoder; /* of the first certificate */
	unsigned index;			 /* of the certificate at hand */
};

/* One connection's engine; about 40 KiB. */
struct tls {
	union {
		br_ssl_server_context server;
		br_ssl_client_context client;
	} context;
	br_ssl_engine_context *engine;
	br_x509_minimal_context chain; /* a client's check of the server */
	struct tls_pin pin;
	unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
};

/*
 * The server's side, with an identity that outlives it. Returns 0; or -1 where
 * the system gives no random bytes.
 */
int tls_server(struct tls *, const struct tls_identity *);

/*
 * The client's side, of a server that must show a certificate for name by
 * anchors that outlive the engine; or, with a pin, just that certificate. name
 * goes to the server in either case, unless it is NULL (an IP address, which
 * BearSSL can't check: RFC 6066 section 3 wants none sent).
 */
int tls_client(struct tls *, const char *name, const struct tls_anchors *,
    const unsigned char *pin);

/* What error, of br_ssl_engine_last_error(), means; a constant text. */
const char *tls_error(int error);

/* Is it that the peer speaks another TLS, or none? */
bool tls_error_is_version(int error);

/* Is it about whom to trust? */
bool tls_error_is_trust(int error);

#endif
