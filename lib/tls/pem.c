/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/pem.h"

#define OBJECT_MAX (64 * 1024) /* bytes of one object */

/* --- PEM (RFC 7468) ------------------------------------------------------- */

/* One object, decoded. */
struct object {
	char name[40]; /* "CERTIFICATE" */
	unsigned char *der;
	size_t len, room;
	bool failed;
};

static void
append(void *ctx, const void *bytes, size_t len)
{
	struct object *o = ctx;
	unsigned char *more;

	if (o->failed || len > OBJECT_MAX - o->len) {
		o->failed = true;
		return;
	}
	if (o->len + len > o->room) {
		/* (realloc(3) would leave a copy behind.) */
		more = malloc(o->len + len + 1024);
		if (more == NULL) {
			o->failed = true;
			return;
		}
		if (o->len > 0) {
			memcpy(more, o->der, o->len);
			explicit_bzero(o->der, o->len);
		}
		free(o->der);
		o->der = more;
		o->room = o->len + len + 1024;
	}
	memcpy(o->der + o->len, bytes, len);
	o->len += len;
}

/* Erased: it may have been a key. */
static void
object_free(struct object *o)
{
	if (o->der != NULL)
		explicit_bzero(o->der, o->room);
	free(o->der);
	memset(o, 0, sizeof(*o));
}

/*
 * Call take() with each object of a text. Returns 0; or -1 if the text is
 * broken or take() says -1.
 */
static int
each_object(const char *pem, size_t len,
    int (*take)(void *ctx, struct object *), void *ctx)
{
	br_pem_decoder_context decoder;
	struct object o = {0};
	bool extra = false; /* BearSSL wants a newline at the end */
	int result = 0;
	size_t n;

	br_pem_decoder_init(&decoder);
	while (result == 0 && (len > 0 || !extra)) {
		if (len == 0) {
			extra = true;
			pem = "\n";
			len = 1;
		}
		n = br_pem_decoder_push(&decoder, pem, len);
		pem += n;
		len -= n;
		switch (br_pem_decoder_event(&decoder)) {
		case BR_PEM_BEGIN_OBJ:
			snprintf(o.name, sizeof(o.name), "%.39s",
			    br_pem_decoder_name(&decoder));
			br_pem_decoder_setdest(&decoder, append, &o);
			break;
		case BR_PEM_END_OBJ:
			result = o.failed ? -1 : take(ctx, &o);
			object_free(&o);
			break;
		case BR_PEM_ERROR:
			result = -1;
			break;
		default:
			break;
		}
	}
	object_free(&o);
	explicit_bzero(&decoder, sizeof(decoder));
	return result;
}

/* --- an identity ---------------------------------------------------------- */

/* Move the object's bytes to the chain, as its next certificate. */
static int
take_certificate(void *ctx, struct object *o)
{
	struct tls_identity *id = ctx;

	if (strcmp(o->name, "CERTIFICATE") != 0 &&
	    strcmp(o->name, "X509 CERTIFICATE") != 0)
		return 0;
	if (id->chain_len == TLS_CHAIN_MAX)
		return -1;
	id->chain[id->chain_len++] =
	    (br_x509_certificate){.data = o->der, .data_len = o->len};
	o->der = NULL;
	o->room = 0;
	return 0;
}

/* (The key repeats what an object "EC PARAMETERS" before it says.) */
static int
take_key(void *ctx, struct object *o)
{
	struct tls_identity *id = ctx;

	if (strcmp(o->name, "PRIVATE KEY") != 0 &&
	    strcmp(o->name, "RSA PRIVATE KEY") != 0 &&
	    strcmp(o->name, "EC PRIVATE KEY") != 0)
		return 0;
	br_skey_decoder_init(&id->key);
	br_skey_decoder_push(&id->key, o->der, o->len);
	return br_skey_decoder_last_error(&id->key) == 0 ? 0 : -1;
}

static bool
is_same(const void *a, size_t a_len, const void *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool
is_key_of(const br_x509_certificate *own, const br_skey_decoder_context *key)
{
	const br_rsa_private_key *rsa = br_skey_decoder_get_rsa(key);
	const br_ec_private_key *ec = br_skey_decoder_get_ec(key);
	unsigned char bytes[TLS_RSA_MAX / 8 + BR_EC_KBUF_PUB_MAX_SIZE];
	br_rsa_compute_modulus modulus = br_rsa_compute_modulus_get_default();
	br_x509_decoder_context decoder;
	const br_x509_pkey *pkey;
	br_ec_public_key public;
	size_t len;

	br_x509_decoder_init(&decoder, NULL, NULL);
	br_x509_decoder_push(&decoder, own->data, own->data_len);
	pkey = br_x509_decoder_get_pkey(&decoder);
	if (pkey == NULL || pkey->key_type != br_skey_decoder_key_type(key))
		return false;
	if (rsa != NULL) {
		len = modulus(NULL, rsa);
		return len > 0 && len <= sizeof(bytes) &&
		       modulus(bytes, rsa) == len &&
		       is_same(bytes, len, pkey->key.rsa.n, pkey->key.rsa.nlen);
	}
	len = br_ec_compute_pub(br_ec_get_default(), &public, bytes, ec);
	return len > 0 &&
	       is_same(bytes, len, pkey->key.ec.q, pkey->key.ec.qlen);
}

int
tls_identity_take(struct tls_identity *id, const char *chain, size_t chain_len,
    const char *key, size_t key_len, const char **why)
{
	const br_rsa_private_key *rsa;

	memset(id, 0, sizeof(*id));
	*why = "no certificate, or one that can't be read";
	if (each_object(chain, chain_len, take_certificate, id) == -1 ||
	    id->chain_len == 0)
		goto fail;
	*why = "no private key, or one that can't be read";
	if (each_object(key, key_len, take_key, id) == -1 ||
	    br_skey_decoder_key_type(&id->key) == 0)
		goto fail;
	*why = "the private key is too large (RSA has 4096 bits at most)";
	rsa = br_skey_decoder_get_rsa(&id->key);
	if (rsa != NULL && rsa->n_bitlen > TLS_RSA_MAX)
		goto fail;
	*why = "the key is not that of the first certificate";
	if (!is_key_of(&id->chain[0], &id->key))
		goto fail;
	id->key_type = br_skey_decoder_key_type(&id->key);
	*why = NULL;
	return 0;
fail:
	tls_identity_free(id);
	return -1;
}

void
tls_identity_free(struct tls_identity *id)
{
	while (id->chain_len > 0)
		free(id->chain[--id->chain_len].data);
	explicit_bzero(id, sizeof(*id));
}

void
tls_identity_forget_key(struct tls_identity *id)
{
	explicit_bzero(&id->key, sizeof(id->key));
	explicit_bzero(id->room, sizeof(id->room));
}

/* --- anchors -------------------------------------------------------------- */

/* Copy the bytes. Without memory: NULL, and *failed is set. */
static unsigned char *
copy_of(const unsigned char *bytes, size_t len, bool *failed)
{
	unsigned char *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		*failed = true;
	else
		memcpy(copy, bytes, len);
	return copy;
}

/* Copy a key, because the decoder's own does not outlive it. */
static bool
copy_key(br_x509_pkey *to, const br_x509_pkey *from)
{
	bool failed = false;

	*to = *from;
	if (from->key_type == BR_KEYTYPE_RSA) {
		to->key.rsa.n =
		    copy_of(from->key.rsa.n, from->key.rsa.nlen, &failed);
		to->key.rsa.e =
		    copy_of(from->key.rsa.e, from->key.rsa.elen, &failed);
	} else {
		to->key.ec.q =
		    copy_of(from->key.ec.q, from->key.ec.qlen, &failed);
	}
	return !failed;
}

static void
free_anchor(br_x509_trust_anchor *a)
{
	free(a->dn.data);
	if (a->pkey.key_type == BR_KEYTYPE_RSA) {
		free(a->pkey.key.rsa.n);
		free(a->pkey.key.rsa.e);
	} else {
		free(a->pkey.key.ec.q);
	}
}

static int
take_anchor(void *ctx, struct object *o)
{
	struct tls_anchors *anchors = ctx;
	br_x509_decoder_context decoder;
	br_x509_trust_anchor *list, a;
	struct object name = {0};
	br_x509_pkey *key;

	if (strcmp(o->name, "CERTIFICATE") != 0)
		return 0;
	br_x509_decoder_init(&decoder, append, &name);
	br_x509_decoder_push(&decoder, o->der, o->len);
	key = br_x509_decoder_get_pkey(&decoder);
	if (key == NULL || name.failed) {
		anchors->skipped++;
		object_free(&name);
		return 0;
	}
	a = (br_x509_trust_anchor){.dn = {name.der, name.len},
	    .flags = br_x509_decoder_isCA(&decoder) ? BR_X509_TA_CA : 0};
	list = realloc(
	    anchors->list, (anchors->count + 1) * sizeof(*anchors->list));
	if (list == NULL) {
		object_free(&name);
		return -1;
	}
	anchors->list = list;
	if (!copy_key(&a.pkey, key)) {
		free_anchor(&a);
		return -1;
	}
	list[anchors->count++] = a;
	return 0;
}

int
tls_anchors_take(
    struct tls_anchors *anchors, const char *pem, size_t len, const char **why)
{
	memset(anchors, 0, sizeof(*anchors));
	*why = "no certificate in it that can be read";
	if (each_object(pem, len, take_anchor, anchors) == 0 &&
	    anchors->count > 0) {
		*why = NULL;
		return 0;
	}
	tls_anchors_free(anchors);
	return -1;
}

void
tls_anchors_free(struct tls_anchors *anchors)
{
	while (anchors->count > 0)
		free_anchor(&anchors->list[--anchors->count]);
	free(anchors->list);
	memset(anchors, 0, sizeof(*anchors));
}
