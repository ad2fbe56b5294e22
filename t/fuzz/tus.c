/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz the requests of tus: each line of the input is a header.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/control.h"
#include "tus/tus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgi_request http = {.tus_resumable = TUS_VERSION};
	const char **slots[] = {&http.method, &http.path, &http.content_type,
	    &http.upload_length, &http.upload_offset, &http.upload_metadata,
	    &http.upload_checksum};
	char *copy = malloc(size + 1), *at = copy;
	struct tus_request r;
	const char *why;
	size_t i;

	memcpy(copy, data, size);
	copy[size] = '\0';
	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		*slots[i] = at != NULL ? strsep(&at, "\n") : "";
	if (tus_take(&http, &r, &why) != 0) {
		if (why == NULL)
			abort();
	} else if (r.metadata != NULL && has_control(r.metadata)) {
		abort();
	}
	free(copy);
	return 0;
}
