/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz both sides of the opening handshake. An accepted request contains no
 * control character, and our client accepts our answer to it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ws/handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_clean(const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		if ((unsigned char)*text < ' ' && *text != '\t')
			abort();
}

static void
serve(char *block, size_t len)
{
	struct ws_request request;
	const char *why;
	char answer[1024], ticket[64];
	int status = ws_request_parse(block, len, &request, &why);
	struct ws_answer check;
	unsigned i;
	size_t n;

	if (status != 0) {
		if (why == NULL || status < 400 ||
		    ws_refusal(answer, sizeof(answer), status, why) == 0)
			abort();
		return;
	}
	check_clean(request.path);
	check_clean(request.host);
	check_clean(request.origin);
	check_clean(request.cookie);
	for (i = 0; ws_request_protocol(&request, i, ticket, sizeof(ticket));
	     i++)
		check_clean(ticket);
	ws_request_ticket(&request, "t.", ticket, sizeof(ticket));
	n = ws_answer(answer, sizeof(answer), &request, "p");
	if (n == 0 ||
	    ws_answer_check(answer, n, request.key, "p", &check) != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = http_block_length((const char *)data, size);
	char *copy;
	struct ws_answer answer;

	if (len == 0)
		len = size;
	copy = malloc(len + 1);
	memcpy(copy, data, len);
	serve(copy, len);
	memcpy(copy, data, len);
	ws_answer_check(copy, len, "dGhlIHNhbXBsZSBub25jZQ==", "p", &answer);
	free(copy);
	return 0;
}
