/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include <bearssl.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/secret.h"
#include "base/sums.h"
#include "base/url-typed.h"
#include "base/url.h"
#include "config.h"
#include "control.h"
#include "download.h"
#include "engine/cache.h"
#include "verify.h"

#define PROGRESS_MS 500 /* between two lines about the progress */

/* Are both on the same server? No other server gets the credentials. */
static bool
is_same_server(const char *a, const char *b)
{
	struct url_parts x = {.host = NULL}, y = {.host = NULL};
	bool same = strncmp(a, b, strcspn(a, ":") + 1) == 0 &&
		    url_split(a, &x) == 0 && url_split(b, &y) == 0 &&
		    strcmp(x.host, y.host) == 0 && x.port == y.port;

	url_parts_free(&x);
	url_parts_free(&y);
	return same;
}

/* Fetch the file of checksums, which must fit into a chunk. On failure, say
 * why, and return NULL. */
static char *
fetch_sums(void)
{
	struct source_config config = open_config();
	char *text = calloc(1, CHUNK_SIZE + 1), *shown;
	char *url = url_from_typed(settings.sums_url);
	struct source *source;
	struct fault why;
	size_t got = 0;

	if (url == NULL || text == NULL) {
		refuse(EX_OSERR, "out of memory");
		goto fail;
	}
	if (!is_same_server(settings.url, url)) {
		config.user = config.password = config.domain = NULL;
		config.headers = NULL;
		config.cert.len = config.key.len = 0;
	}
	config.url = url;
	config.connections = 1;
	config.writable = false;
	source = open_source_of(&config, text, &got, &why);
	if (source != NULL)
		source->ops->close(source);
	if (source != NULL ||
	    (why.kind == FAULT_NO_RANGES &&
		download_text(&config, text, CHUNK_SIZE + 1, &why) == 0)) {
		secret_free(url);
		return text;
	}
	shown = url_for_show(settings.sums_url);
	refuse_because(why.cause, why.status,
	    "unable to read the checksums at %s: %s",
	    shown != NULL ? shown : "their URL", why.text);
	free(shown);
fail:
	free(text);
	secret_free(url);
	return NULL;
}

static int
find_sum(const char *image_url, const char *text, char sum[SUM_SIZE])
{
	struct url_parts url;
	const char *name = "";
	int result;

	if (url_split(image_url, &url) == 0 && strrchr(url.path, '/') != NULL)
		name = strrchr(url.path, '/') + 1;
	else if (strrchr(image_url, '/') != NULL)
		name = strrchr(image_url, '/') + 1;
	result = sums_find(text, name, sum);
	if (result == -1)
		refuse_because(CAUSE_USAGE, EX_DATAERR,
		    "the file of checksums has %s SHA-256 for %s",
		    errno == EEXIST ? "more than one" : "no", name);
	url_parts_free(&url);
	return result;
}

/* Find the checksum that the settings name. Returns 1; 0 if there is none; or
 * -1, and has said why. */
static int
expected_sum(const char *image_url, char sum[SUM_SIZE])
{
	char *text = settings.sums.pem;
	int result;

	if (settings.sha256 != NULL) {
		if (!sum_is_valid(settings.sha256))
			return refuse(EX_USAGE,
			    "the SHA-256 is not 64 hexadecimal digits");
		snprintf(sum, SUM_SIZE, "%s", settings.sha256);
		return 1;
	}
	if (settings.sums_url != NULL)
		text = fetch_sums();
	else if (text == NULL)
		return 0;
	if (text == NULL)
		return -1;
	result = find_sum(image_url, text, sum) == 0 ? 1 : -1;
	if (text != settings.sums.pem)
		free(text);
	return result;
}

/* ms: how long it has taken so far. */
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
verify_image(const struct image *image)
{
	if (settings.identity.pem != NULL)
		return 0;
	if (settings.tell_sum && !settings.unpacked)
		return tell_sum(image->info->url);
	return verify_bytes(
	    image->info->url, image->info->size, read_engine, image->engine);
}
