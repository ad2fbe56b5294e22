/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz WebSocket frames: the first byte chooses the role and the size of the
 * pieces. Parsed at once or in pieces, the payload and the end must be the
 * same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ws/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	uint64_t bytes, sum; /* of data, in order */
	unsigned controls, code;
};

static struct outcome
parse(uint8_t *copy, size_t size, size_t piece, uint8_t how)
{
	struct outcome o = {0};
	struct ws_parser p;
	struct ws_event e;
	size_t at = 0, end = 0, i;

	ws_parser_init(&p, how & 1, how & 2);
	while (end < size) {
		end = end + piece < size ? end + piece : size;
		do {
			at += ws_parse(&p, copy + at, end - at, &e);
			if (at > end)
				abort();
			if (e.kind == WS_DATA)
				for (i = 0; i < e.len; i++, o.bytes++)
					o.sum = o.sum * 31 + e.bytes[i];
			else if (e.kind != WS_NOTHING)
				o.controls++;
			if (e.kind == WS_ERROR || e.kind == WS_GOT_CLOSE)
				o.code = e.code;
		} while (e.kind != WS_NOTHING);
		/* All input is consumed unless there was an error. */
		if (at < end && !p.ended)
			abort();
	}
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, parts;
	uint8_t *copy;

	if (size < 1)
		return 0;
	copy = malloc(size);
	memcpy(copy, data, size);
	whole = parse(copy + 1, size - 1, size, data[0]);
	memcpy(copy, data, size);
	parts = parse(copy + 1, size - 1, 1 + (data[0] >> 4), data[0]);
	free(copy);
	/* Text may have been passed on before it was found to be invalid. */
	if (whole.controls != parts.controls || whole.code != parts.code ||
	    (!(data[0] & 2) &&
		(whole.bytes != parts.bytes || whole.sum != parts.sum)))
		abort();
	return 0;
}
