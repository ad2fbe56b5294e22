/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/random.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "tls/engine.h"

#define DAYS_TO_1970 719528 /* since the year 0, as BearSSL counts */

static const uint16_t suites_aes[] = {
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384};

static const uint16_t suites_chacha[] = {
    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384};

/* BearSSL keeps the pointer (and wants it not const). */
static const char *alpn[] = {"http/1.1"};

/* --- a pinned certificate (br_x509_class) --------------------------------- */

static struct tls_pin *
pin_of(const br_x509_class **ctx)
{
	return (struct tls_pin *)(void *)ctx;
}

static void
pin_start_chain(const br_x509_class **ctx, const char *name)
{
	struct tls_pin *p = pin_of(ctx);

	(void)name;
	p->index = 0;
	br_sha256_init(&p->hash);
	br_x509_decoder_init(&p->decoder, NULL, NULL);
}

static void
pin_start_cert(const br_x509_class **ctx, uint32_t length)
{
	(void)ctx;
	(void)length;
}

static void
pin_append(const br_x509_class **ctx, const unsigned char *bytes, size_t len)
{
	struct tls_pin *p = pin_of(ctx);

	/* The server's own certificate is the first; the others don't matter. */
	if (p->index > 0)
		return;
	br_sha256_update(&p->hash, bytes, len);
	br_x509_decoder_push(&p->decoder, bytes, len);
}

static void
pin_end_cert(const br_x509_class **ctx)
{
	pin_of(ctx)->index++;
}

static unsigned
pin_end_chain(const br_x509_class **ctx)
{
	struct tls_pin *p = pin_of(ctx);
	unsigned char hash[TLS_PIN_SIZE];

	if (p->index == 0)
		return BR_ERR_X509_EMPTY_CHAIN;
	br_sha256_out(&p->hash, hash);
	if (memcmp(hash, p->expected, sizeof(hash)) != 0)
		return BR_ERR_X509_NOT_TRUSTED;
	return (unsigned)br_x509_decoder_last_error(&p->decoder);
}

static const br_x509_pkey *
pin_get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
	const struct tls_pin *p = (const struct tls_pin *)(const void *)ctx;

	if (usages != NULL)
		*usages = BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN;
	return br_x509_decoder_get_pkey((br_x509_decoder_context *)&p->decoder);
}

static const br_x509_class pin_class = {sizeof(struct tls_pin), pin_start_chain,
    pin_start_cert, pin_append, pin_end_cert, pin_end_chain, pin_get_pkey};

/* --- engines -------------------------------------------------------------- */

/* Is AES as fast as ChaCha20 here? */
static bool
has_aes(void)
{
	return br_aes_x86ni_ctr_get_vtable() != NULL ||
	       br_aes_pwr8_ctr_get_vtable() != NULL;
}

static int
prepare(struct tls *t)
{
	unsigned char seed[32];
	const uint16_t *suites = has_aes() ? suites_aes : suites_chacha;

	br_ssl_engine_set_versions(t->engine, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(
	    t->engine, suites, sizeof(suites_aes) / sizeof(suites_aes[0]));
	br_ssl_engine_set_protocol_names(t->engine, alpn, 1);
	br_ssl_engine_add_flags(t->engine,
	    BR_OPT_NO_RENEGOTIATION | BR_OPT_ENFORCE_SERVER_PREFERENCES);
	br_ssl_engine_set_buffer(t->engine, t->buffer, sizeof(t->buffer), 1);
	while (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		if (errno != EINTR)
			return -1;
	br_ssl_engine_inject_entropy(t->engine, seed, sizeof(seed));
	return 0;
}

/* --- a server's key, which others have (br_ssl_server_policy_class) ------- */

static struct tls *
tls_of(const br_ssl_server_policy_class **ctx)
{
	return (struct tls *)(void *)((char *)(void *)ctx -
				      offsetof(struct tls,
					  context.server.chain_handler));
}

static size_t
have_signed(const br_ssl_server_policy_class **ctx, unsigned algorithm,
    unsigned char *data, size_t len, size_t room)
{
	struct tls *t = tls_of(ctx);
	struct tls_to_sign what = {.algorithm = algorithm & 0xff, .len = len};
	unsigned char signature[TLS_SIGNATURE_MAX];
	size_t n;

	if (len > sizeof(what.hash))
		return 0;
	memcpy(what.hash, data, len);
	n = t->sign(t->sign_ctx, &what, signature);
	if (n > sizeof(signature) || n > room)
		return 0;
	memcpy(data, signature, n);
	return n;
}

/* Only suites of the other kind need this. */
static uint32_t
exchange_no_key(
    const br_ssl_server_policy_class **ctx, unsigned char *data, size_t *len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

int
tls_server(
    struct tls *t, const struct tls_identity *who, tls_signer *sign, void *ctx)
{
	br_ssl_server_context *s = &t->context.server;

	t->engine = &s->eng;
	if (who->key_type == BR_KEYTYPE_RSA)
		br_ssl_server_init_full_rsa(
		    s, who->chain, who->chain_len, NULL);
	else
		/* Its issuer's key type matters to suites that we don't offer. */
		br_ssl_server_init_full_ec(
		    s, who->chain, who->chain_len, BR_KEYTYPE_EC, NULL);
	/* BearSSL chooses the suite and the hash, without the key. */
	t->policy = *s->chain_handler.vtable;
	t->policy.do_sign = have_signed;
	t->policy.do_keyx = exchange_no_key;
	s->chain_handler.vtable = &t->policy;
	t->sign = sign;
	t->sign_ctx = ctx;
	return prepare(t) == 0 && br_ssl_server_reset(s) ? 0 : -1;
}

/*
 * A BMC's clock may not be set yet: it can't be earlier than this release.
 */
static void
set_time(br_x509_minimal_context *chain)
{
	time_t now = time(NULL);

	if (now < RELEASE_TIME)
		now = RELEASE_TIME;
	br_x509_minimal_set_time(chain, (uint32_t)(now / 86400) + DAYS_TO_1970,
	    (uint32_t)(now % 86400));
}

int
tls_client(struct tls *t, const char *name, const struct tls_anchors *anchors,
    const unsigned char *pin)
{
	br_ssl_client_context *c = &t->context.client;

	t->engine = &c->eng;
	br_ssl_client_init_full(c, &t->chain,
	    anchors != NULL ? anchors->list : NULL,
	    anchors != NULL ? anchors->count : 0);
	set_time(&t->chain);
	if (pin != NULL) {
		t->pin.vtable = &pin_class;
		memcpy(t->pin.expected, pin, TLS_PIN_SIZE);
		br_ssl_engine_set_x509(t->engine, &t->pin.vtable);
	}
	return prepare(t) == 0 && br_ssl_client_reset(c, name, 0) ? 0 : -1;
}

/* --- errors --------------------------------------------------------------- */

/* The error for an alert that we sent (RFC 5246 section 7.2.2). */
static int
refused_error(int alert)
{
	switch (alert) {
	case 40: /* handshake_failure */
		return BR_ERR_BAD_CIPHER_SUITE;
	case 70: /* protocol_version */
		return BR_ERR_UNSUPPORTED_VERSION;
	default:
		return BR_ERR_UNEXPECTED;
	}
}

bool
tls_error_is_version(int error)
{
	return error == BR_ERR_UNSUPPORTED_VERSION ||
	       error == BR_ERR_BAD_VERSION;
}

const char *
tls_error(int error)
{
	if (error >= BR_ERR_SEND_FATAL_ALERT)
		error = refused_error(error - BR_ERR_SEND_FATAL_ALERT);
	/* An alert that the peer sent; 70 is protocol_version. */
	if (error == BR_ERR_RECV_FATAL_ALERT + 70)
		error = BR_ERR_UNSUPPORTED_VERSION;
	if (error >= BR_ERR_RECV_FATAL_ALERT)
		error = BR_ERR_RECV_FATAL_ALERT;
	switch (error) {
	case BR_ERR_OK:
		return "the connection ended";
	case BR_ERR_X509_BAD_SERVER_NAME:
		return "the certificate is for another name";
	case BR_ERR_X509_EXPIRED:
		return "the certificate has expired, or is not valid yet";
	case BR_ERR_X509_NOT_TRUSTED:
		return "the certificate is not trusted";
	case BR_ERR_X509_NOT_CA:
		return "the certificate's issuer is not a certificate "
		       "authority";
	case BR_ERR_X509_BAD_SIGNATURE:
		return "the certificate's signature is wrong";
	case BR_ERR_X509_WEAK_PUBLIC_KEY:
		return "the certificate's key is too short";
	case BR_ERR_RECV_FATAL_ALERT:
		return "the peer ended TLS with an alert";
	case BR_ERR_UNSUPPORTED_VERSION:
	case BR_ERR_BAD_VERSION:
		return "the peer does not speak TLS 1.2, the only version "
		       "that we have";
	case BR_ERR_BAD_CIPHER_SUITE:
	case BR_ERR_BAD_HANDSHAKE:
		return "the peer has no cipher suite in common with us";
	case BR_ERR_IO:
		return "the connection ended in the middle of TLS";
	case BR_ERR_BAD_MAC:
		return "the data was corrupted or tampered with on its way";
	default:
		return error >= BR_ERR_X509_OK
			   ? "the certificate can't be read"
			   : "the peer breaks the TLS protocol";
	}
}

bool
tls_error_is_trust(int error)
{
	return error > BR_ERR_X509_OK && error <= BR_ERR_X509_NOT_TRUSTED;
}
