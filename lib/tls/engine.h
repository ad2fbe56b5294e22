/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * TLS 1.2 (RFC 5246) by BearSSL: its engines, which do no I/O, with our choice
 * of suites, keys and trust. tls/connection.h moves their records.
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
#include "tls/sign.h"

#define TLS_PIN_SIZE br_sha256_SIZE /* bytes: SHA-256 of a certificate */

/* Trust in one certificate, whatever names and dates it has. */
struct tls_pin {
	const br_x509_class *vtable; /* BearSSL wants it first */
	unsigned char expected[TLS_PIN_SIZE];
	br_sha256_context hash;
	br_x509_decoder_context decoder; /* of the first certificate */
	unsigned index;			 /* of the current certificate */
};

/*
 * Have a hash signed by who has the key. Returns the bytes of the signature, or
 * 0: then the handshake fails.
 */
typedef size_t tls_signer(void *ctx, const struct tls_to_sign *,
    unsigned char signature[TLS_SIGNATURE_MAX]);

/* One connection's engine; about 40 KiB. */
struct tls {
	union {
		br_ssl_server_context server;
		br_ssl_client_context client;
	} context;
	br_ssl_engine_context *engine;
	br_x509_minimal_context chain; /* a client's check of the server */
	struct tls_pin pin;
	br_ssl_server_policy_class
	    policy; /* a server's, which has others sign */
	tls_signer *sign;
	void *sign_ctx;
	unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
};

/*
 * Begin the server's side. The identity must outlive the engine; its key is not
 * used: sign() is called for the one signature of the handshake. Returns 0; or
 * -1 where the system gives no random bytes.
 */
int tls_server(
    struct tls *, const struct tls_identity *, tls_signer *sign, void *ctx);

/*
 * Begin the client's side. The server must show a certificate for name that the
 * anchors vouch for (they must outlive the engine); or, with a pin of
 * TLS_PIN_SIZE bytes, that very certificate. name is sent to the server in
 * either case, unless it is NULL: for an IP address, which BearSSL can't check
 * and RFC 6066 section 3 forbids to send. Returns as tls_server().
 */
int tls_client(struct tls *, const char *name, const struct tls_anchors *,
    const unsigned char *pin);

/* What an error of br_ssl_engine_last_error() means; a constant text. */
const char *tls_error(int error);

/* Is the error that the peer speaks another version of TLS, or none? */
bool tls_error_is_version(int error);

/* Is the error that we do not trust the peer's certificate? */
bool tls_error_is_trust(int error);

#endif
