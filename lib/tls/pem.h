/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Certificates and keys for BearSSL, from PEM text (RFC 7468).
 *
 * BearSSL keeps pointers into them: free them after the last engine.
 */
#ifndef VM_TLS_PEM_H
#define VM_TLS_PEM_H

#include <stddef.h>

#include <bearssl.h>

#define TLS_RSA_MAX   4096 /* bits of a private key */
#define TLS_CHAIN_MAX 8	   /* certificates of a server's chain */

/* A server's certificate chain and key. All zeros: none. */
struct tls_identity {
	br_x509_certificate chain[TLS_CHAIN_MAX];
	size_t chain_len;
	br_skey_decoder_context key; /* owns the key's numbers */
	int key_type;		     /* BR_KEYTYPE_RSA or _EC */
	/* For a large key BearSSL 0.6 writes up to 24 bytes behind its buffer:
	 * it checks for 3 * 520 bytes, but has 3 * 512. */
	unsigned char room[32];
};

/* The certificates that a client trusts. All zeros: none. */
struct tls_anchors {
	br_x509_trust_anchor *list;
	size_t count;
	size_t skipped; /* certificates that BearSSL can't read */
};

/*
 * Parse a chain, the server's own certificate first, and its key. Both texts may
 * be erased afterwards. Returns 0; or -1 with a constant text in *why.
 */
int tls_identity_take(struct tls_identity *, const char *chain,
    size_t chain_len, const char *key, size_t key_len, const char **why);
void tls_identity_free(struct tls_identity *);

/* Erase the key. What is left serves a process that has others sign. */
void tls_identity_forget_key(struct tls_identity *);

/*
 * Parse the certificates to trust. Those that can't be read are skipped, because
 * a system's bundle has all kinds; a text without a usable one is a failure.
 * Returns 0; or -1 with a constant text in *why.
 */
int tls_anchors_take(
    struct tls_anchors *, const char *pem, size_t len, const char **why);
void tls_anchors_free(struct tls_anchors *);

#endif
