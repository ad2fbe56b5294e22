/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/auxv.h>

#include <stdbool.h>
#include <string.h>

#include "sources/http-cipher.h"

/* Does this processor have instructions for AES? If we do not know: yes. */
static bool
has_aes(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_cpu_supports("aes");
#elif defined(__aarch64__)
	return (getauxval(AT_HWCAP) & 1 << 3) != 0; /* HWCAP_AES */
#elif defined(__arm__)
	return (getauxval(AT_HWCAP2) & 1 << 0) != 0; /* HWCAP2_AES */
#else
	return true;
#endif
}

void
http_prefer_cipher(CURL *easy)
{
	const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;

	if (has_aes() || tls == NULL || strncmp(tls, "OpenSSL", 7) != 0)
		return;
	curl_easy_setopt(easy, CURLOPT_TLS13_CIPHERS,
	    "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:"
	    "TLS_AES_256_GCM_SHA384");
	/* TLS 1.2: OpenSSL's own list, with AES moved to its end. */
	curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT:+AES");
}
