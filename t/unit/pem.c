/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Certificates and keys out of PEM, of each kind that openssl(1) writes.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tls/pem.h"

/* openssl ecparam -name prime256v1 -genkey, req -x509, pkcs8 -topk8 */
static const char ec_key[] =
    "-----BEGIN EC PARAMETERS-----\n"
    "BggqhkjOPQMBBw==\n"
    "-----END EC PARAMETERS-----\n"
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIOfwTL9Rr4h+DnPylQAQDUnRYdg8oGGW9f+KtvQ/qWXtoAoGCCqGSM49\n"
    "AwEHoUQDQgAEDTa+3QYdpd6Q1el6UffGoEq9Ner3Bg0gpuFRr09wvhjFFVAeVpQs\n"
    "L38HrOPLdfselBP4opYrYAxOWOOyRW/uBg==\n"
    "-----END EC PRIVATE KEY-----\n";
static const char ec_key8[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5/BMv1GviH4Oc/KV\n"
    "ABANSdFh2DygYZb1/4q29D+pZe2hRANCAAQNNr7dBh2l3pDV6XpR98agSr016vcG\n"
    "DSCm4VGvT3C+GMUVUB5WlCwvfwes48t1+x6UE/iilitgDE5Y47JFb+4G\n"
    "-----END PRIVATE KEY-----\n";
static const char ec_cert[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBfDCCASGgAwIBAgIURsAGPWPYEytk9wwymSHcZGzTSswwCgYIKoZIzj0EAwIw\n"
    "EjEQMA4GA1UEAwwHZWMudGVzdDAgFw0yNjExMjEyMTMxMTJaGA8yMTI2MTAyODIx\n"
    "MzExMlowEjEQMA4GA1UEAwwHZWMudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEH\n"
    "A0IABA02vt0GHaXekNXpelH3xqBKvTXq9wYNIKbhUa9PcL4YxRVQHlaULC9/B6zj\n"
    "y3X7HpQT+KKWK2AMTljjskVv7gajUzBRMB0GA1UdDgQWBBQMYeNWZ4mfWNoA+gme\n"
    "XqwSF7VmzTAfBgNVHSMEGDAWgBQMYeNWZ4mfWNoA+gmeXqwSF7VmzTAPBgNVHRMB\n"
    "Af8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCJzF1h+FnCy5yqDL4w+9YQbidC\n"
    "Orl50rhJouGgidfaFgIhAIIk4gmxKEC7g/ojcxSzxWRVeQR8ChpUNY5dcatJUXxu\n"
    "-----END CERTIFICATE-----\n";
/* openssl genrsa -traditional 1024: large enough for a test */
static const char rsa_key[] =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIICXQIBAAKBgQDQ/5pZGv3lwFOkBa4rN3tHS5HfuSEF/GvgTZLrzH/g+tRcxpzG\n"
    "+4E0yrw15xwwQ/XibdhoPEBrLUUNoENYkYyCp5aIWzA8K3JKy0aS+0gS1exlUDL7\n"
    "DGnYOAd6v7Pl9kbcL3pNT8sVQ5JSvDrJFHa3EANIw5SzTFOrWxTyuPcWBQIDAQAB\n"
    "AoGBALowzD/PtRvGcH0ydkyX++KzJzzJf+sGStCkK1yYbeBvdVtFsYvvqdbvOidH\n"
    "QiyZjudu9pk9/CG/TcJq4TR5TlPG0vkJp7wV4m4IsitcFEeiVCueASjs7O2rX6Ns\n"
    "sjuvj/J3hKU80cTXZ8PtsPZvdtucaBjCUC52fXUSIPk0OWMNAkEA9J1GjmmJksoM\n"
    "P+ReDBPTSkJfdMZuDFDj8sJWLDxteaixFd+IGcXPH54raNvBjCslqru7sbRg8OW6\n"
    "9dC5+I0lTwJBANq58VevH0/bIQR2JMn0D+GfV45mMXuY5HMF4ImRS3c4zrHv2Pdk\n"
    "4jMRyKvhiOM5OxlztWF/gSArtdOkXP+8ImsCQFIiAM/Ohd/gsY4+aomZmodDk/OM\n"
    "sOS3wGIBeJevzn5b8uHKRVOKBIq0PBUgPHOJBUO3d0UqsKYSLN1esSLQmacCQGeQ\n"
    "eXTSJ5pRIF4TbrHtDQQAxZ1YR//E0g6gbsPUdw4ZaM0ZyvrA2tXhisnPvVgRhikz\n"
    "/2MN018fMzXl8l7ofscCQQDbHwiax3mERN82H3/cE4yJFlyHlwXuJrNag+ElJ6sX\n"
    "i4/1f0THoBy5WKEF17iqmKvC2gl9ROsHCI2h0+0AZ3W4\n"
    "-----END RSA PRIVATE KEY-----\n";
static const char rsa_cert[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIICBDCCAW2gAwIBAgIUXgnUV+JeLPtqDa3pelNeoZhFD7MwDQYJKoZIhvcNAQEL\n"
    "BQAwEzERMA8GA1UEAwwIcnNhLnRlc3QwIBcNMjYxMTIxMjEzMTEyWhgPMjEyNjEw\n"
    "MjgyMTMxMTJaMBMxETAPBgNVBAMMCHJzYS50ZXN0MIGfMA0GCSqGSIb3DQEBAQUA\n"
    "A4GNADCBiQKBgQDQ/5pZGv3lwFOkBa4rN3tHS5HfuSEF/GvgTZLrzH/g+tRcxpzG\n"
    "+4E0yrw15xwwQ/XibdhoPEBrLUUNoENYkYyCp5aIWzA8K3JKy0aS+0gS1exlUDL7\n"
    "DGnYOAd6v7Pl9kbcL3pNT8sVQ5JSvDrJFHa3EANIw5SzTFOrWxTyuPcWBQIDAQAB\n"
    "o1MwUTAdBgNVHQ4EFgQUy2WsCFTwjalu5cPcPf2Bwwxuwf4wHwYDVR0jBBgwFoAU\n"
    "y2WsCFTwjalu5cPcPf2Bwwxuwf4wDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0B\n"
    "AQsFAAOBgQC5nIW1n2gqkSROmIpLM2JsmmRsXtDZCnL1OZIkb63mYt/R6vqBz4Pw\n"
    "RcYL4iiG70QITCW3+Kz2HNQWvxdhjjJcfePGpjU8xG4RjJwYAr7ZIBV+TxBS9Tvc\n"
    "2udyQzN170779dS/ajm98QwfAweFKhGsRgyXu/QB0vRnBoz1nlntCg==\n"
    "-----END CERTIFICATE-----\n";
/* A certificate that BearSSL can't read: Ed25519. */
static const char ed_cert[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBOjCB7aADAgECAhRyXfcgCl77gTa84OC1gO94gK6NgDAFBgMrZXAwEjEQMA4G\n"
    "A1UEAwwHZWQudGVzdDAgFw0yNjExMjEyMTMxMTJaGA8yMTI2MTAyODIxMzExMlow\n"
    "EjEQMA4GA1UEAwwHZWQudGVzdDAqMAUGAytlcAMhAF1c2wqROQ6ay8sZQdMNpuSk\n"
    "pcUNfRoDkD1lT2S86VZPo1MwUTAdBgNVHQ4EFgQUTsU7oGH/lh0n7Ed/RZ7uBPNX\n"
    "WqswHwYDVR0jBBgwFoAUTsU7oGH/lh0n7Ed/RZ7uBPNXWqswDwYDVR0TAQH/BAUw\n"
    "AwEB/zAFBgMrZXADQQATQDKkdkhBlhaXRKp+rpCOLVMTdVYWmdKvzZ7eHzUtHdUk\n"
    "iXDZtwR0MYbE2NznqItpz+3FVIoPbcwD5/M3FnYA\n"
    "-----END CERTIFICATE-----\n";

static char text[32768];

/* The key type of the identity in two texts; 0 where they are refused. */
static int
takes(const char *chain, const char *key)
{
	struct tls_identity id;
	const char *why = NULL;
	int type;

	if (tls_identity_take(
		&id, chain, strlen(chain), key, strlen(key), &why) == -1) {
		CHECK(why != NULL && id.chain_len == 0);
		return 0;
	}
	CHECK(why == NULL);
	type = br_skey_decoder_key_type(&id.key);
	tls_identity_free(&id);
	return type;
}

static const char *
join(const char *a, const char *b)
{
	strcpy(text, a);
	return strcat(text, b);
}

static void
test_identity(void)
{
	struct tls_identity id;
	const char *why;

	CHECK(takes(ec_cert, ec_key) == BR_KEYTYPE_EC);
	CHECK(takes(ec_cert, ec_key8) == BR_KEYTYPE_EC);
	CHECK(takes(rsa_cert, rsa_key) == BR_KEYTYPE_RSA);
	CHECK(takes(ec_cert, "") == 0 && takes("", ec_key) == 0);
	CHECK(takes(ec_cert, rsa_key) == 0 && takes(rsa_cert, ec_key) == 0);
	CHECK(takes(ed_cert, ec_key) == 0);
	CHECK(takes(ec_cert, ec_cert) == 0 && takes(ec_key, ec_key) == 0);
	CHECK(takes("-----BEGIN CERTIFICATE-----\nAA*A\n", ec_key) == 0);
	CHECK(takes(ec_cert, "-----BEGIN PRIVATE KEY-----\nAAAA\n"
			     "-----END PRIVATE KEY-----\n") == 0);
	/* A chain of two, and no newline at its end. */
	join(ec_cert, rsa_cert);
	text[strlen(text) - 1] = '\0';
	CHECK(tls_identity_take(
		  &id, text, strlen(text), ec_key, strlen(ec_key), &why) == 0);
	CHECK(id.chain_len == 2);
	tls_identity_free(&id);
	/* One file may have both. */
	join(ec_cert, ec_key);
	CHECK(takes(text, text) == BR_KEYTYPE_EC);
}

static void
test_too_many(void)
{
	int i;

	text[0] = '\0';
	for (i = 0; i < TLS_CHAIN_MAX + 1; i++)
		strcat(text, ec_cert);
	CHECK(takes(text, ec_key) == 0);
}

static void
test_anchors(void)
{
	struct tls_anchors a;
	const char *why;

	join(ec_cert, ed_cert);
	strcat(text, rsa_cert);
	CHECK(tls_anchors_take(&a, text, strlen(text), &why) == 0);
	CHECK(a.count == 2 && a.skipped == 1 && why == NULL);
	CHECK(a.list[0].pkey.key_type == BR_KEYTYPE_EC);
	CHECK(a.list[1].pkey.key_type == BR_KEYTYPE_RSA);
	CHECK(a.list[1].pkey.key.rsa.nlen == 128);
	CHECK((a.list[0].flags & BR_X509_TA_CA) != 0);
	CHECK(
	    memmem(a.list[0].dn.data, a.list[0].dn.len, "ec.test", 7) != NULL);
	tls_anchors_free(&a);
	CHECK(tls_anchors_take(&a, ed_cert, strlen(ed_cert), &why) == -1);
	CHECK(why != NULL);
	CHECK(tls_anchors_take(&a, "", 0, &why) == -1);
}

int
main(void)
{
	test_identity();
	test_too_many();
	test_anchors();
	return check_status();
}
