/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz the head of an SCGI request, and netstrings.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/netstring.h"
#include "http/cgi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgi_request request;
	char *copy = malloc(size + 1), *text;
	size_t len;
	ssize_t n;

	memcpy(copy, data, size);
	n = netstring_read(copy, size, size, &text, &len);
	if (n > 0 && (size_t)n <= len)
		abort();
	if (cgi_take_scgi(&request, copy, size) == NULL &&
	    (request.path[0] != '/' || strchr(request.path, '?') != NULL))
		abort();
	cgi_request_free(&request);
	free(copy);
	return 0;
}
