/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "base/number.h"
#include "base/secret.h"
#include "config.h"
#include "engine/cache.h"
#include "engine/engine.h"
#include "fetchd/report.h"

#define CACHE_MAX	((uint64_t)UINT32_MAX * CHUNK_SIZE)
#define CONNECTIONS_MAX 64
#define OUTAGE_MAX	3600
#define TIMEOUT_MAX	86400
/* Bytes a second. At a lower rate, the kernel's reads would time out. */
#define LIMIT_MIN (64 * 1024)

struct settings settings = {
    .cache = 64 * CHUNK_SIZE,
    .connections = 8,
    .outage = 25,
    .timeout = 30,
    .overlay_size = (uint64_t)1 << 30,
    .report_fd = -1,
    .control_fd = -1,
    .file_fd = -1,
    .overlay_fd = -1,
};

static void
report(enum cause cause, int status, const char *text)
{
	if (settings.report_fd == -1 ||
	    report_send(settings.report_fd, status, cause, text) == -1)
		nbdkit_error("%s", text);
}

int
refuse(int status, const char *format, ...)
{
	char text[REPORT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(CAUSE_USUAL, status, text);
	return -1;
}

int
refuse_because(enum cause cause, int status, const char *format, ...)
{
	char text[REPORT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(cause, status, text);
	return -1;
}

int
refuse_fault(const struct fault *why)
{
	enum cause cause = why->cause;

	if (cause == CAUSE_USUAL &&
	    (why->kind == FAULT_CHANGED || why->kind == FAULT_DOUBTED))
		cause = CAUSE_CHANGED;
	return refuse_because(cause, why->status, "%s", why->text);
}

/*
 * Take a value that may be a secret. For "-FD", read the value from that
 * descriptor: everything if len is given, otherwise the first line. Any other
 * text is the value itself.
 */
static int
take_secret(const char *name, const char *value, char **out, size_t *len)
{
	uint64_t fd;

	secret_free(*out);
	if (value[0] != '-') {
		*out = strdup(value);
		if (len != NULL)
			*len = strlen(value);
	} else if (number_parse(value + 1, 3, INT32_MAX, &fd) == -1) {
		*out = NULL;
	} else {
		*out = len != NULL ? secret_read((int)fd, len)
				   : secret_read_line((int)fd);
		close((int)fd);
	}
	if (*out == NULL)
		return refuse(
		    EX_NOINPUT, "unable to read %s: %s", name, strerror(errno));
	return 0;
}

static int
take_number(const char *name, const char *value, uint64_t min, uint64_t max,
    uint64_t *out)
{
	if (number_parse_size(value, min, max, out) == 0)
		return 0;
	return refuse(EX_USAGE,
	    "%s=%s is not a number from %" PRIu64 " to %" PRIu64, name, value,
	    min, max);
}

int
settings_take(const char *name, const char *value)
{
	struct settings *s = &settings;
	const struct {
		const char *name;
		char **text;
	} lines[] = {{"url", &s->url}, {"user", &s->user},
	    {"password", &s->password}, {"domain", &s->domain},
	    {"netrc", &s->netrc}, {"proxy", &s->proxy},
	    {"noproxy", &s->noproxy}, {"allow-hosts", &s->allow_hosts},
	    {"module", &s->module}, {"sha256", &s->sha256},
	    {"sums-url", &s->sums_url}};
	const struct {
		const char *name;
		struct source_blob *blob;
	} blobs[] = {{"cacert", &s->cacert}, {"cert", &s->cert},
	    {"key", &s->key}, {"header", &s->header}, {"sums", &s->sums},
	    {"identity", &s->identity}, {"adopted", &s->adopted}};
	const struct {
		const char *name;
		uint64_t *number, min, max;
	} numbers[] = {
	    {"insecure", &s->insecure, 0, 1},
	    {"tell-sum", &s->tell_sum, 0, 1},
	    {"writable", &s->writable, 0, 1},
	    {"raw", &s->raw, 0, 1},
	    {"unpacked", &s->unpacked, 0, 1},
	    {"spooled", &s->spooled, 0, SPOOLED_DOWNLOADED},
	    {"download", &s->download, 0, 1},
	    {"room", &s->room, 0, INT64_MAX},
	    {"size", &s->size, 1, INT64_MAX},
	    {"cache", &s->cache, ENGINE_CACHE_MIN, CACHE_MAX},
	    {"connections", &s->connections, 1, CONNECTIONS_MAX},
	    {"outage", &s->outage, 1, OUTAGE_MAX},
	    {"timeout", &s->timeout, 1, TIMEOUT_MAX},
	    {"limit-rate", &s->limit_rate, LIMIT_MIN, INT64_MAX},
	    {"overlay-size", &s->overlay_size, 1, INT64_MAX},
	};
	const struct {
		const char *name;
		int *fd;
	} fds[] = {{"report-fd", &s->report_fd}, {"control-fd", &s->control_fd},
	    {"file-fd", &s->file_fd}, {"overlay-fd", &s->overlay_fd}};
	uint64_t fd;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strcmp(name, lines[i].name) == 0)
			return take_secret(name, value, lines[i].text, NULL);
	for (i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++)
		if (strcmp(name, blobs[i].name) == 0)
			return take_secret(name, value, &blobs[i].blob->pem,
			    &blobs[i].blob->len);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(name, numbers[i].name) == 0)
			return take_number(name, value, numbers[i].min,
			    numbers[i].max, numbers[i].number);
	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (strcmp(name, fds[i].name) != 0)
			continue;
		if (take_number(name, value, 3, INT32_MAX, &fd) == -1)
			return -1;
		*fds[i].fd = (int)fd;
		return 0;
	}
	return refuse(EX_USAGE, "there is no parameter %s", name);
}

void
settings_free(void)
{
	struct settings *s = &settings;
	char *texts[] = {s->url, s->user, s->password, s->domain, s->module,
	    s->netrc, s->proxy, s->noproxy, s->allow_hosts, s->sha256,
	    s->sums_url, s->sums.pem, s->cacert.pem, s->cert.pem, s->key.pem,
	    s->header.pem, s->identity.pem, s->adopted.pem};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		secret_free(texts[i]);
}
