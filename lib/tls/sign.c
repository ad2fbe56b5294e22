/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdint.h>

#include "tls/sign.h"

/* A hash, and its name in PKCS #1 (RFC 8017 section 9.2). */
static const struct algorithm {
	unsigned id;
	const br_hash_class *hash;
	const unsigned char *oid;
} algorithms[] = {
    {br_sha224_ID, &br_sha224_vtable, BR_HASH_OID_SHA224},
    {br_sha256_ID, &br_sha256_vtable, BR_HASH_OID_SHA256},
    {br_sha384_ID, &br_sha384_vtable, BR_HASH_OID_SHA384},
    {br_sha512_ID, &br_sha512_vtable, BR_HASH_OID_SHA512},
    {br_sha1_ID, &br_sha1_vtable, BR_HASH_OID_SHA1},
};

static const struct algorithm *
find_algorithm(const struct tls_to_sign *what)
{
	const struct algorithm *a = algorithms;
	const size_t count = sizeof(algorithms) / sizeof(algorithms[0]);

	for (; a < algorithms + count; a++)
		if (a->id == what->algorithm)
			break;
	if (a == algorithms + count)
		return NULL;
	return ((a->hash->desc >> BR_HASHDESC_OUT_OFF) &
		   BR_HASHDESC_OUT_MASK) == what->len
		   ? a
		   : NULL;
}

size_t
tls_sign(const struct tls_identity *who, const struct tls_to_sign *what,
    unsigned char signature[TLS_SIGNATURE_MAX])
{
	const br_rsa_private_key *rsa = br_skey_decoder_get_rsa(&who->key);
	const br_ec_private_key *ec = br_skey_decoder_get_ec(&who->key);
	const struct algorithm *a = find_algorithm(what);
	size_t len;

	if (a == NULL)
		return 0;
	if (ec != NULL)
		return br_ecdsa_sign_asn1_get_default()(
		    br_ec_get_default(), a->hash, what->hash, ec, signature);
	if (rsa == NULL)
		return 0;
	len = (rsa->n_bitlen + 7) / 8;
	if (len > TLS_SIGNATURE_MAX ||
	    br_rsa_pkcs1_sign_get_default()(
		a->oid, what->hash, what->len, rsa, signature) != 1)
		return 0;
	return len;
}
