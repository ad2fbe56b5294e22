/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-fetchd's nbdkit plugin: a remote image as an NBD export. The image is
 * opened once, before any client is served; every connection reads through
 * the one engine.
 */
#include <sys/socket.h>

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <curl/curl.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "engine.h"
#include "image.h"
#include "number.h"
#include "report.h"
#include "secret.h"
#include "source.h"

/* Nothing here is shared between requests but the engine, which locks. */
#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

#define CACHE_MAX	((uint64_t)UINT32_MAX * CHUNK_SIZE)
#define CONNECTIONS_MAX 64
#define OUTAGE_MAX	3600
/* Bytes a second: less would not serve a kernel's read in its patience. */
#define LIMIT_MIN (64 * 1024)

/* Where the image lies, and who asks: url, user, password, netrc, ... */
static char *url, *user, *password, *domain, *netrc, *proxy, *noproxy;
/* A source that is no part of us: module=FILE; NULL: HTTP. */
static char *module;
/* PEM texts: cacert, cert, key. */
static struct source_blob cacert, cert, key;
/* Do not verify the server: insecure=1. */
static uint64_t insecure;
/* Clients may write: writable=1. */
static uint64_t writable;
/* Bytes of memory for chunks: cache=64M. */
static uint64_t cache = 64 * CHUNK_SIZE;
/* Transfers at once: connections=8. */
static uint64_t connections = 8;
/* Seconds for which a silent source is hidden from readers: outage=25. */
static uint64_t outage = 25;
/* Bytes a second, on average, to take from the source; 0: what it gives. */
static uint64_t limit_rate;
/* Where to report that we are ready, or why not: report-fd=N; -1: nowhere. */
static int report_fd = -1;
/* A socket on which to tell what is going on: stats-fd=N; -1: nowhere. */
static int stats_fd = -1;

static struct source *source; /* until the engine owns it */
static struct engine *engine;
static const struct source_info *info;
static uint64_t export_size;
static char *description;

/* Say why we can't go on: to our starter, else to nbdkit's log. */
static int __attribute__((format(printf, 2, 3)))
refuse(int status, const char *format, ...)
{
	char text[REPORT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (report_fd == -1 || report_send(report_fd, status, text) == -1)
		nbdkit_error("%s", text);
	return -1;
}

/* --- configuration ----------------------------------------------------- */

/*
 * A value that may be a secret: "-FD" is read from that descriptor, anything
 * else is meant as it stands. With len, all there is; else its first line.
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

static int
plugin_config(const char *name, const char *value)
{
	static const struct {
		const char *name;
		char **text;
	} lines[] = {{"url", &url}, {"user", &user}, {"password", &password},
	    {"domain", &domain}, {"netrc", &netrc}, {"proxy", &proxy},
	    {"noproxy", &noproxy}, {"module", &module}};
	static const struct {
		const char *name;
		struct source_blob *blob;
	} blobs[] = {{"cacert", &cacert}, {"cert", &cert}, {"key", &key}};
	static const struct {
		const char *name;
		uint64_t *number, min, max;
	} numbers[] = {
	    {"insecure", &insecure, 0, 1},
	    {"writable", &writable, 0, 1},
	    {"cache", &cache, ENGINE_CACHE_MIN, CACHE_MAX},
	    {"connections", &connections, 1, CONNECTIONS_MAX},
	    {"outage", &outage, 1, OUTAGE_MAX},
	    {"limit-rate", &limit_rate, LIMIT_MIN, INT64_MAX},
	};
	static const struct {
		const char *name;
		int *fd;
	} fds[] = {{"report-fd", &report_fd}, {"stats-fd", &stats_fd}};
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

static int
plugin_config_complete(void)
{
	if (url == NULL)
		return refuse(EX_USAGE, "url= is missing");
	return 0;
}

#define plugin_config_help                                                  \
	"url=URL              (required) the image\n"                       \
	"module=FILE          the source, where it is not http or https\n"  \
	"writable=1           clients may write\n"                          \
	"domain=              of the user\n"                                \
	"user=, password=     who asks; -FD reads any text from a "         \
	"descriptor\n"                                                      \
	"netrc=FILE           users and passwords by host\n"                \
	"cacert=, cert=, key= PEM texts, usually by -FD\n"                  \
	"insecure=1           do not verify the server\n"                   \
	"proxy=, noproxy=     as curl(1) knows them\n"                      \
	"cache=64M            memory for the image's chunks\n"              \
	"connections=8        transfers at once\n"                          \
	"outage=25            seconds for which a silent source is waited " \
	"for\n"                                                             \
	"limit-rate=SIZE      bytes a second to take at most, on average"

/* --- starting ---------------------------------------------------------- */

static bool
is_cancelled(void)
{
	/* The only way in which nbdkit tells a callback that it must end. */
	return nbdkit_nanosleep(0, 0) == -1;
}

static void
log_line(const char *line)
{
	nbdkit_error("%s", line);
}

/* Whoever does not listen misses it: nobody waits for that here. */
static void
tell(const char *text)
{
	send(stats_fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The way to open a source that is a module; NULL with *why. */
static source_open *
load_module(struct fault *why)
{
	/* For good: a thread that is stuck in it may outlive the engine. */
	void *handle = dlopen(module, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	source_open *open_it = NULL;

	if (handle != NULL)
		*(void **)&open_it = dlsym(handle, SOURCE_MODULE_SYMBOL);
	if (open_it == NULL) {
		why->status = EX_UNAVAILABLE;
		snprintf(why->text, sizeof(why->text), "%s", dlerror());
	}
	return open_it;
}

static struct source *
open_source(void *first, size_t *got, struct fault *why)
{
	struct source_config config = {.url = url,
	    .user = user,
	    .password = password,
	    .domain = domain,
	    .netrc = netrc,
	    .cacert = cacert,
	    .cert = cert,
	    .key = key,
	    .proxy = proxy,
	    .noproxy = noproxy,
	    .insecure = insecure != 0,
	    .writable = writable != 0,
	    .connections = (unsigned)connections};

	source_open *open_it = http_open;

	if (module != NULL)
		open_it = load_module(why);
	if (open_it == NULL)
		return NULL;
	return open_it(&config, first, CHUNK_SIZE, got, why);
}

/* What clients see of the image's identity: nothing of it is secret. */
static int
describe(void)
{
	return asprintf(&description,
	    "url: %s\nsize: %" PRIu64 "\nvalidator: %s%s", info->url,
	    info->size, info->validator_is_weak ? "weak " : "",
	    info->validator);
}

static int
plugin_get_ready(void)
{
	const struct engine_config config = {.cache = cache,
	    .connections = (unsigned)connections,
	    .outage_limit = (unsigned)outage,
	    .limit_rate = limit_rate,
	    .tell = stats_fd != -1 ? tell : NULL,
	    .cancelled = is_cancelled,
	    .log = log_line};
	unsigned char *first = malloc(CHUNK_SIZE);
	struct fault why = {
	    FAULT_REQUEST, EX_OSERR, 0, "unable to allocate the cache"};
	size_t got;
	int result = -1;

	if (first == NULL)
		goto out;
	source = open_source(first, &got, &why);
	if (source == NULL)
		goto out;
	info = &source->info;
	if (image_is_html(first, got)) {
		why.status = EX_DATAERR;
		snprintf(why.text, sizeof(why.text),
		    "it is a web page (a login page?) and no image");
		goto out;
	}
	export_size =
	    image_padded_size(info->size, image_is_iso9660(first, got));
	if (export_size > INT64_MAX) {
		why.status = EX_DATAERR;
		snprintf(why.text, sizeof(why.text),
		    "the server tells a size that no drive has");
		goto out;
	}
	if (writable && export_size != info->size) {
		why.status = EX_DATAERR;
		snprintf(why.text, sizeof(why.text),
		    "an image that is written to must have whole sectors, "
		    "and this has %" PRIu64 " bytes",
		    info->size);
		goto out;
	}
	engine = engine_new(&config, source);
	source = NULL;
	if (engine == NULL)
		goto out;
	engine_warm(engine, first, got);
	if (describe() == -1)
		goto out;
	result = 0;
out:
	if (result == -1)
		refuse(why.status, "%s", why.text);
	free(first);
	return result;
}

/* Ready; and, for a person, what the way to the image is like. */
static void
report_ready(void)
{
	char text[REPORT_MAX];
	double rate = (double)info->rate / 1e6;

	snprintf(text, sizeof(text),
	    "%s, round trip %.1f ms, the first MiB at %.1f MB/s on one "
	    "connection: expect up to %.0f MB/s on %u",
	    info->address, info->round_trip / 1e3, rate,
	    rate * (double)connections, (unsigned)connections);
	if (report_fd != -1)
		report_send(report_fd, 0, text);
}

static int
plugin_after_fork(void)
{
	if (engine_start(engine) == -1)
		return refuse(EX_OSERR, "unable to start the fetch thread: %s",
		    strerror(errno));
	report_ready();
	return 0;
}

static void
plugin_unload(void)
{
	char *secrets[] = {url, user, password, domain, module, netrc, proxy,
	    noproxy, cacert.pem, cert.pem, key.pem};
	size_t i;

	engine_free(engine);
	free(description);
	if (source != NULL)
		source->ops->close(source);
	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		secret_free(secrets[i]);
	curl_global_cleanup();
}

static void
plugin_load(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* --- serving ----------------------------------------------------------- */

static void *
plugin_open(int readonly)
{
	(void)readonly; /* writable=1 says it */
	return NBDKIT_HANDLE_NOT_NEEDED;
}

static int64_t
plugin_get_size(void *handle)
{
	(void)handle;
	return (int64_t)export_size;
}

static const char *
plugin_export_description(void *handle)
{
	(void)handle;
	return description;
}

/* A write is at the source when it ends, so every connection sees the same. */
static int
plugin_can_multi_conn(void *handle)
{
	(void)handle;
	return 1;
}

static int
plugin_can_cache(void *handle)
{
	(void)handle;
	return NBDKIT_CACHE_NATIVE;
}

static int
plugin_block_size(
    void *handle, uint32_t *minimum, uint32_t *preferred, uint32_t *maximum)
{
	(void)handle;
	*minimum = 1;
	*preferred = 64 * 1024;
	*maximum = 32 * 1024 * 1024;
	return 0;
}

/* The image's own part of a range; behind it the export is padded with 0. */
static uint32_t
inside(uint32_t count, uint64_t offset)
{
	uint64_t rest = offset < info->size ? info->size - offset : 0;

	return rest < count ? (uint32_t)rest : count;
}

static int
plugin_pread(
    void *handle, void *buf, uint32_t count, uint64_t offset, uint32_t flags)
{
	uint32_t have = inside(count, offset);

	(void)handle;
	(void)flags;
	memset((char *)buf + have, 0, count - have);
	if (engine_read(engine, buf, have, offset) == 0)
		return 0;
	nbdkit_set_error(errno);
	return -1;
}

static int
plugin_can_write(void *handle)
{
	(void)handle;
	return writable != 0;
}

static int
plugin_pwrite(void *handle, const void *buf, uint32_t count, uint64_t offset,
    uint32_t flags)
{
	(void)handle;
	(void)flags;
	if (engine_write(engine, buf, count, offset) == 0)
		return 0;
	nbdkit_set_error(errno);
	return -1;
}

static int
plugin_flush(void *handle, uint32_t flags)
{
	(void)handle;
	(void)flags;
	if (engine_flush(engine) == 0)
		return 0;
	nbdkit_set_error(errno);
	return -1;
}

static int
plugin_cache(void *handle, uint32_t count, uint64_t offset, uint32_t flags)
{
	(void)handle;
	(void)flags;
	engine_prefetch(engine, inside(count, offset), offset);
	return 0;
}

static struct nbdkit_plugin plugin = {
    .name = "vmfetchd",
    .longname = "vmedia vm-fetchd",
    .version = VERSION,
    .description = "a remote image, fetched in chunks",
    .load = plugin_load,
    .config = plugin_config,
    .config_complete = plugin_config_complete,
    .config_help = plugin_config_help,
    .magic_config_key = "url",
    .get_ready = plugin_get_ready,
    .after_fork = plugin_after_fork,
    .unload = plugin_unload,
    .open = plugin_open,
    .get_size = plugin_get_size,
    .export_description = plugin_export_description,
    .can_multi_conn = plugin_can_multi_conn,
    .can_cache = plugin_can_cache,
    .block_size = plugin_block_size,
    .pread = plugin_pread,
    .can_write = plugin_can_write,
    .pwrite = plugin_pwrite,
    .flush = plugin_flush,
    .cache = plugin_cache,
};

/* The macro gives it no prototype. */
struct nbdkit_plugin *plugin_init(void);

NBDKIT_REGISTER_PLUGIN(plugin)
