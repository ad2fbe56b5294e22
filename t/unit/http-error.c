/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a failed request means, where that depends on how libcurl was built: the
 * test replaces curl_version_info().
 */
#include <string.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "check.h"
#include "sources/http-error.h"

static curl_version_info_data built;

/* The linker takes this function, not libcurl's. */
curl_version_info_data *
curl_version_info(CURLversion version)
{
	(void)version;
	return &built;
}

static const char *
text_of_negotiate(int features)
{
	static const char line[] = "WWW-Authenticate: Negotiate\r\n";
	static struct fault fault;
	struct http_answer a;

	built.features = features;
	http_answer_init(&a);
	a.status = 401;
	http_answer_line(&a, line, sizeof(line) - 1);
	CHECK(http_fault_of_answer(&a, true, &fault));
	CHECK(fault.status == EX_NOPERM);
	return fault.text;
}

int
main(void)
{
	CHECK(
	    strstr(text_of_negotiate(CURL_VERSION_SPNEGO), "libcurl") == NULL);
	CHECK(strstr(text_of_negotiate(0), "this libcurl cannot use") != NULL);
	return check_status();
}
