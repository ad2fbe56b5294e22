/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz the parser of a server's header lines (libFuzzer). Its results must be
 * consistent, whatever the input.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sources/http-response.h"
#include "sources/http-error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool so)
{
	if (!so)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_answer a;
	struct fault fault = {.text = ""};
	const uint8_t *end;
	char validator[HTTP_VALUE_MAX];
	bool weak;
	size_t n;

	http_answer_init(&a);
	while (len > 0) {
		end = memchr(data, '\n', len);
		n = end != NULL ? (size_t)(end - data) + 1 : len;
		if (http_answer_line(&a, (const char *)data, n) == -1)
			break;
		data += n;
		len -= n;
	}
	if (a.has_range) {
		must(a.first <= a.last && a.last <= INT64_MAX);
		must(a.no_total ? a.total == 0 : a.last < a.total);
	}
	must(a.total <= INT64_MAX);
	http_answer_validator(&a, validator, &weak);
	must(strlen(validator) > 0 && strlen(validator) < HTTP_VALUE_MAX);
	must(memchr(a.etag, '\0', HTTP_VALUE_MAX) != NULL);
	must(memchr(a.last_modified, '\0', HTTP_VALUE_MAX) != NULL);
	for (n = 0; n < 2; n++)
		if (http_fault_of_answer(&a, n == 0, &fault))
			must(fault.status != 0 && fault.text[0] != '\0');
		else
			must(a.status == 206 && a.has_range && !a.is_multipart);
	return 0;
}
