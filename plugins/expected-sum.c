/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/secret.h"
#include "base/sums.h"
#include "base/url-typed.h"
#include "base/url.h"
#include "config.h"
#include "control.h"
#include "engine/cache.h"
#include "expected-sum.h"
#include "image-source.h"

/* Are both URLs on the same server? No other server gets the credentials. */
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

static int
put_in_memory(
    struct download *d, const void *bytes, size_t len, struct fault *why)
{
	(void)why;
	/* The bytes fit: d->room is what the caller allocated, less a NUL. */
	memcpy((char *)d->owner + d->got, bytes, len);
	return 0;
}

static void
tell_nobody(struct download *d)
{
	(void)d;
}

/* Download a whole text from a server without ranges, and add a NUL. Returns 0;
 * or -1 with *why. */
static int
download_text(const struct source_config *config, char text[CHUNK_SIZE + 1],
    struct fault *why)
{
	struct download d = {.put = put_in_memory,
	    .tell = tell_nobody,
	    .owner = text,
	    .room = CHUNK_SIZE};
	struct source *source = http_download(config, &d, why);

	if (source == NULL)
		return -1;
	text[d.got] = '\0';
	source->ops->close(source);
	return 0;
}

/* Read the file of checksums, and add a NUL. Returns 0; or -1 with *why. */
static int
read_sums(const struct source_config *config, char text[CHUNK_SIZE + 1],
    struct fault *why)
{
	size_t got = 0;
	struct source *source = open_source_of(config, text, &got, why);
	bool is_whole;

	if (source == NULL)
		return why->kind == FAULT_NO_RANGES
			   ? download_text(config, text, why)
			   : -1;
	text[got] = '\0';
	is_whole = source->info.size == got;
	source->ops->close(source);
	if (is_whole)
		return 0;
	*why = (struct fault){.status = EX_DATAERR};
	snprintf(why->text, sizeof(why->text), "it has more than %d bytes",
	    CHUNK_SIZE);
	return -1;
}

/* Fetch the file of checksums, at most CHUNK_SIZE bytes of it. On failure,
 * report why, and return NULL. */
static char *
fetch_sums(void)
{
	struct source_config config = open_config();
	char *text = calloc(1, CHUNK_SIZE + 1), *shown;
	char *url = url_from_typed(settings.sums_url);
	struct fault why;

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
	if (read_sums(&config, text, &why) == 0) {
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

int
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
