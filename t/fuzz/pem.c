/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz the reading of certificates and keys in PEM. The first byte says what
 * the rest is. DER is first converted to PEM, because base64 would hide it from
 * the fuzzer. An accepted result has what pem.h promises, can be read to its
 * last byte, and leaves nothing when it is freed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tls/pem.h"

#define IS_DER	   1 /* else PEM */
#define IS_ANCHORS 2 /* else an identity */
#define IS_KEY	   4 /* the key of an identity with a good chain */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only the PEM of a chain is checked, so its content may be anything. */
static const char good_chain[] = "-----BEGIN CERTIFICATE-----\n"
				 "AAAA\n"
				 "-----END CERTIFICATE-----\n";

static unsigned sum; /* of the bytes read, so that the reads happen */

static void
touch(const unsigned char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		sum += bytes[i];
}

static void
take_identity(
    const char *chain, size_t chain_len, const char *key, size_t key_len)
{
	static const struct tls_identity none;
	struct guarded {
		struct tls_identity id;
		unsigned char guard[64]; /* BearSSL may write here unnoticed */
	} *g = calloc(1, sizeof(*g));
	struct tls_identity *id = &g->id;
	const char *why = "unset";
	size_t i;

	if (tls_identity_take(id, chain, chain_len, key, key_len, &why) == 0) {
		if (why != NULL || id->chain_len == 0 ||
		    id->chain_len > TLS_CHAIN_MAX)
			abort();
		for (i = 0; i < id->chain_len; i++)
			touch(id->chain[i].data, id->chain[i].data_len);
		switch (br_skey_decoder_key_type(&id->key)) {
		case BR_KEYTYPE_RSA:
			if (br_skey_decoder_get_rsa(&id->key)->n_bitlen >
			    TLS_RSA_MAX)
				abort();
			touch(br_skey_decoder_get_rsa(&id->key)->p,
			    br_skey_decoder_get_rsa(&id->key)->plen);
			break;
		case BR_KEYTYPE_EC:
			touch(br_skey_decoder_get_ec(&id->key)->x,
			    br_skey_decoder_get_ec(&id->key)->xlen);
			break;
		default:
			abort();
		}
		tls_identity_free(id);
	} else if (why == NULL || *why == '\0') {
		abort();
	}
	if (memcmp(id, &none, sizeof(none)) != 0)
		abort();
	for (i = 0; i < sizeof(g->guard); i++)
		if (g->guard[i] != 0)
			abort();
	free(g);
}

static void
take_anchors(const char *pem, size_t len)
{
	struct tls_anchors anchors;
	const br_x509_trust_anchor *a;
	const char *why = "unset";
	size_t i;

	if (tls_anchors_take(&anchors, pem, len, &why) == 0) {
		if (why != NULL || anchors.count == 0)
			abort();
		for (i = 0; i < anchors.count; i++) {
			a = &anchors.list[i];
			touch(a->dn.data, a->dn.len);
			if (a->pkey.key_type == BR_KEYTYPE_RSA) {
				touch(a->pkey.key.rsa.n, a->pkey.key.rsa.nlen);
				touch(a->pkey.key.rsa.e, a->pkey.key.rsa.elen);
			} else {
				touch(a->pkey.key.ec.q, a->pkey.key.ec.qlen);
			}
		}
		tls_anchors_free(&anchors);
	} else if (why == NULL || *why == '\0') {
		abort();
	}
	if (anchors.list != NULL || anchors.count != 0)
		abort();
}

/* A copy of the exact size, so that a read after its end is noticed. */
static char *
text_of(const uint8_t *data, size_t size, bool is_der, const char *name,
    size_t *len)
{
	char *text;

	if (!is_der) {
		text = malloc(size);
		if (size > 0)
			memcpy(text, data, size);
		*len = size;
		return text;
	}
	*len = br_pem_encode(NULL, data, size, name, 0);
	text = malloc(*len + 1); /* and a NUL, which is not part of it */
	br_pem_encode(text, data, size, name, 0);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {
	    "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"};
	const char *name = "CERTIFICATE";
	size_t len;
	char *text;
	unsigned how;

	if (size == 0)
		return 0;
	how = *data++;
	size--;
	if ((how & (IS_KEY | IS_ANCHORS)) == IS_KEY)
		name = keys[(how >> 3) % 3];
	text = text_of(data, size, how & IS_DER, name, &len);
	if (how & IS_ANCHORS)
		take_anchors(text, len);
	else if (how & IS_KEY)
		take_identity(good_chain, sizeof(good_chain) - 1, text, len);
	else
		take_identity(text, len, text, len);
	free(text);
	return 0;
}
