/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sysexits.h>

#include <bearssl.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/sums.h"
#include "config.h"
#include "control.h"
#include "engine/cache.h"
#include "expected-sum.h"
#include "verify.h"

#define PROGRESS_MS 500 /* between two lines about the progress */

/* Send the progress. ms: the time since the beginning. */
static void
tell_progress(uint64_t done, uint64_t size, int64_t ms)
{
	double seconds = (double)(ms > 0 ? ms : 1) / 1000;
	char text[96];

	snprintf(text, sizeof(text), "verifying: %u of %u MiB, %.1f MiB/s",
	    (unsigned)(done >> 20), (unsigned)(size >> 20),
	    (double)(done >> 20) / seconds);
	control_send(text);
}

struct bytes {
	uint64_t size;
	int (*read_at)(void *ctx, void *buf, size_t len, uint64_t at);
	void *ctx;
};

static int
compute_sum(const struct bytes *bytes, char sum[SUM_SIZE])
{
	unsigned char *buf = malloc(CHUNK_SIZE), digest[br_sha256_SIZE];
	uint64_t at, size = bytes->size;
	int64_t began = clock_ms(), told = began;
	br_sha256_context context;
	size_t len;

	if (buf == NULL)
		return refuse(EX_OSERR, "out of memory");
	br_sha256_init(&context);
	for (at = 0; at < size; at += len) {
		len = size - at < CHUNK_SIZE ? (size_t)(size - at) : CHUNK_SIZE;
		if (bytes->read_at(bytes->ctx, buf, len, at) == -1) {
			free(buf);
			return refuse_because(CAUSE_UNREACHABLE, EX_IOERR,
			    "unable to read all of it, for its SHA-256");
		}
		br_sha256_update(&context, buf, len);
		if (clock_ms() < told + PROGRESS_MS)
			continue;
		told = clock_ms();
		tell_progress(at, size, told - began);
	}
	free(buf);
	br_sha256_out(&context, digest);
	hex_encode(sum, digest, sizeof(digest));
	return 0;
}

int
verify_bytes(const char *url, uint64_t size,
    int (*read_at)(void *ctx, void *buf, size_t len, uint64_t at), void *ctx)
{
	const struct bytes bytes = {size, read_at, ctx};
	char want[SUM_SIZE], have[SUM_SIZE];
	int result = expected_sum(url, want);

	if (result != 1)
		return result;
	if (compute_sum(&bytes, have) == -1)
		return -1;
	if (strcasecmp(want, have) == 0)
		return 0;
	return refuse_because(CAUSE_CHANGED, EX_DATAERR,
	    "its SHA-256 is %s, and should be %s", have, want);
}

static int
read_engine(void *ctx, void *buf, size_t len, uint64_t at)
{
	return engine_read(ctx, buf, len, at);
}

static int
tell_sum(const char *image_url)
{
	char want[SUM_SIZE], line[SUM_SIZE + 8];
	int result = expected_sum(image_url, want);

	if (result != 1)
		return result;
	snprintf(line, sizeof(line), "sha256: %s", want);
	control_send(line);
	return 0;
}

int
verify_image(const struct source_info *info, struct engine *engine)
{
	if (settings.identity.pem != NULL)
		return 0;
	if (settings.tell_sum && !settings.unpacked)
		return tell_sum(info->url);
	return verify_bytes(info->url, info->size, read_engine, engine);
}
