/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What TLS by BearSSL needs to know of certificates and keys, out of PEM text.
 *
 * BearSSL keeps pointers into what it is given, so all of it lives until it is
 * freed.
 */
#ifndef VM_TLS_PEM_H
#define VM_TLS_PEM_H

#include <stddef.h>

#include <bearssl.h>

#define TLS_RSA_MAX   4096 /* bits of a private key */
#define TLS_CHAIN_MAX 8	   /* certificates of a server's chain */

/* Who a server is: its chain, and its key. All zeros is none. */
struct tls_identity {
	br_x509_certificate chain[TLS_CHAIN_MAX];
	size_t chain_len;
	br_skey_decoder_context key; /* owns the key's numbers */
	/* Of too large a key BearSSL 0.6 writes 24 bytes more than it has room
	 * for: it takes its buffer for 3 * 520 bytes, and it is 3 * 512. */
	unsigned char room[32];
};

/* Whom a client trusts. All zeros is nobody. */
struct tls_anchors {
	br_x509_trust_anchor *list;
	size_t count;
	size_t skipped; /* certificates that BearSSL can't read */
};

/*
 * Take a chain, the server's own certificate first, and its key, of two PEM
 * texts. Returns 0; or -1 with a constant text in *why.
 */
int tls_identity_take(struct tls_identity *, const char *chain,
    size_t chain_len, const char *key, size_t key_len, const char **why);
void tls_identity_free(struct tls_identity *);

/*
 * Take the certificates of a PEM text as those to trust. What can't be read is
 * skipped, for a system's bundle holds all kinds; none at all is a failure.
 * Returns 0; or -1 with a constant text in *why.
 */
int tls_anchors_take(
    struct tls_anchors *, const char *pem, size_t len, const char **why);
void tls_anchors_free(struct tls_anchors *);

#endif
