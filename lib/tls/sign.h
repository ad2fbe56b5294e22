/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A server's signature in TLS's handshake (RFC 5246 section 7.4.3), made apart
 * from the engine: the process that talks to the peer need not have the key.
 */
#ifndef VM_TLS_SIGN_H
#define VM_TLS_SIGN_H

#include <stddef.h>

#include "tls/pem.h"

#define TLS_HASH_MAX	  64		    /* bytes of a hash that is signed */
#define TLS_SIGNATURE_MAX (TLS_RSA_MAX / 8) /* bytes; more than ECDSA needs */

/* What is to be signed. */
struct tls_to_sign {
	unsigned algorithm; /* of the hash: BearSSL's br_*_ID, as in RFC 5246 */
	size_t len;	    /* bytes of it */
	unsigned char hash[TLS_HASH_MAX];
};

/*
 * Sign with the identity's key. What is to be signed may be a stranger's, and is
 * checked. Returns the bytes of the signature, or 0 where there is none: an
 * unknown algorithm, a wrong length, or no key.
 */
size_t tls_sign(const struct tls_identity *, const struct tls_to_sign *,
    unsigned char signature[TLS_SIGNATURE_MAX]);

#endif
