/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-fetchd's nbdkit plugin: a remote image as an NBD export. The image is
 * opened once, before any client is served; every connection reads through
 * the one engine.
 */
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <curl/curl.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "engine/engine.h"
#include "image/probe.h"
#include "overlay.h"
#include "fetchd/report.h"
#include "sandbox.h"
#include "base/secret.h"
#include "config.h"
#include "sources/source.h"

/* Nothing here is shared between requests but the engine, which locks. */
#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

static struct source *source; /* until the engine owns it */
static struct engine *engine;
static struct overlay *overlay; /* NULL: clients write to the source, or not */
static const struct source_info *info;
static uint64_t export_size;
static char *description;
static pthread_t control;
static int control_end = -1; /* eventfd(2): the thread shall end */

static int
plugin_config_complete(void)
{
	if (settings.url == NULL)
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
	"limit-rate=SIZE      bytes a second to take at most, on average\n" \
	"overlay-fd=FD        clients write to this file\n"                 \
	"overlay-size=1G      as much of it at most"

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
	send(settings.control_fd, text, strlen(text),
	    MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Good news are no errors, which is all that nbdkit's log knows. */
static void
log_note(const char *line)
{
	char text[REPORT_MAX];

	snprintf(text, sizeof(text), "note: %s", line);
	if (settings.control_fd != -1)
		tell(text);
}

/* The way to open a source that is a module; NULL with *why. */
static source_open *
load_module(struct fault *why)
{
	/* For good: a thread that is stuck in it may outlive the engine. */
	void *handle =
	    dlopen(settings.module, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
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
	const struct settings *s = &settings;
	struct source_config config = {.url = s->url,
	    .user = s->user,
	    .password = s->password,
	    .domain = s->domain,
	    .netrc = s->netrc,
	    .cacert = s->cacert,
	    .cert = s->cert,
	    .key = s->key,
	    .proxy = s->proxy,
	    .noproxy = s->noproxy,
	    .insecure = s->insecure != 0,
	    .writable = s->writable != 0 && s->overlay_fd == -1,
	    .connections = (unsigned)s->connections,
	    .fd = s->file_fd};
	source_open *open_it = http_open;

	if (s->module != NULL)
		open_it = load_module(why);
	if (open_it == NULL)
		return NULL;
	return open_it(&config, first, CHUNK_SIZE, got, why);
}

/* --- what the image is ------------------------------------------------- */

/* What clients see of the image's identity: nothing of it is secret. */
static int
describe(void)
{
	/* Its time changes with each write of our own. */
	if (settings.writable != 0 && settings.overlay_fd == -1)
		return asprintf(&description,
		    "url: %s\nsize: %" PRIu64 "\nvalidator: weak (written to)",
		    info->url, info->size);
	return asprintf(&description,
	    "url: %s\nsize: %" PRIu64 "\nvalidator: %s%s", info->url,
	    info->size, info->validator_is_weak ? "weak " : "",
	    info->validator);
}

/* A size that a drive can have, and sectors to write. Returns 0 or -1. */
static int
check_size(const void *first, size_t got)
{
	export_size = settings.unpacked ? info->size
					: image_padded_size(info->size,
					      image_is_iso9660(first, got));
	if (export_size > INT64_MAX)
		return refuse(
		    EX_DATAERR, "the server tells a size that no drive has");
	if (!settings.writable || settings.overlay_fd != -1 ||
	    export_size == info->size)
		return 0;
	return refuse(EX_DATAERR,
	    "an image that is written to must have whole sectors, and this "
	    "has %" PRIu64 " bytes",
	    info->size);
}

/* No image at all, or one that a filter must unpack? Returns 0 or -1. */
static int
check_content(const void *first, size_t got)
{
	enum image_format format = image_foreign_format(first, got);
	const char *name = image_format_name(format);

	if (format == IMAGE_RAW || settings.unpacked)
		return 0;
	if (format != IMAGE_XZ && format != IMAGE_GZIP)
		return refuse(EX_DATAERR, "%s", image_format_reason(format));
	if (settings.writable || settings.overlay_fd != -1)
		return refuse(EX_DATAERR,
		    "it is packed (%s), so there is no writing to it", name);
	return refuse(REPORT_PACKED, "%s", name);
}

/* Have the overlay, which tells in the description which it is. */
static int
open_overlay(void)
{
	struct fault why;
	char *named;

	if (settings.overlay_fd == -1)
		return 0;
	if (strcmp(info->validator, "none") == 0)
		return refuse(EX_DATAERR,
		    "the server tells neither an ETag nor a date, so nobody "
		    "knows whether an overlay belongs to it");
	overlay = overlay_open(settings.overlay_fd, description, export_size,
	    settings.overlay_size, &why);
	if (overlay == NULL)
		return refuse(why.status, "%s", why.text);
	if (asprintf(&named, "%s\noverlay: %s", description,
		overlay_name(overlay)) == -1)
		return refuse(EX_OSERR, "out of memory");
	free(description);
	description = named;
	return 0;
}

/* Who starts nbdkit again would not have another image served. */
static int
check_identity(void)
{
	if (settings.identity.pem == NULL ||
	    strcmp(settings.identity.pem, description) == 0)
		return 0;
	return refuse(EX_DATAERR, "the image changed on the server");
}

static int
start_engine(const void *first, size_t got)
{
	const struct engine_config config = {.cache = settings.cache,
	    .connections = (unsigned)settings.connections,
	    .outage_limit = (unsigned)settings.outage,
	    .limit_rate = settings.limit_rate,
	    .tell = settings.control_fd != -1 ? tell : NULL,
	    .cancelled = is_cancelled,
	    .log = log_line,
	    .note = log_note};

	engine = engine_new(&config, source);
	source = NULL;
	if (engine == NULL)
		return refuse(EX_OSERR, "unable to allocate the cache");
	engine_warm(engine, first, got);
	return 0;
}

static int
plugin_get_ready(void)
{
	unsigned char *first = malloc(CHUNK_SIZE);
	struct fault why;
	size_t got;
	int result = -1;

	if (first == NULL)
		return refuse(EX_OSERR, "out of memory");
	source = open_source(first, &got, &why);
	if (source == NULL) {
		refuse(why.status, "%s", why.text);
		goto out;
	}
	info = &source->info;
	if (check_content(first, got) == -1 || check_size(first, got) == -1)
		goto out;
	if (describe() == -1) {
		refuse(EX_OSERR, "out of memory");
		goto out;
	}
	if (open_overlay() == 0 && check_identity() == 0)
		result = start_engine(first, got);
out:
	free(first);
	return result;
}

/* --- serving begins, and ends ------------------------------------------ */

/* Ready; and, for a person, what the way to the image is like. */
static void
report_ready(void)
{
	char text[REPORT_MAX];
	double rate = (double)info->rate / 1e6;

	if (settings.report_fd == -1)
		return;
	snprintf(text, sizeof(text),
	    "%s%sround trip %.1f ms, the first MiB at %.1f MB/s on one "
	    "connection: expect up to %.0f MB/s on %u",
	    info->address, info->address[0] != '\0' ? ", " : "",
	    info->round_trip / 1e3, rate, rate * (double)info->connections,
	    info->connections);
	report_send(settings.report_fd, 0, text);
}

/*
 * What gzip says to have packed, modulo 2^32: its last 4 bytes (RFC 1952
 * section 2.3.1). nbdkit's filter unpacks the first of several members and
 * drops the rest without a word; by this, whoever started us can tell.
 */
static int
tell_unpacked_size(void)
{
	unsigned char b[4];
	char text[64];

	if (settings.control_fd == -1 || settings.unpacked == 0 ||
	    info->size < sizeof(b))
		return 0;
	if (engine_read(engine, b, sizeof(b), info->size - sizeof(b)) == -1)
		return refuse(EX_IOERR, "unable to read its end");
	snprintf(text, sizeof(text), "unpacked: %u",
	    (unsigned)b[0] | (unsigned)b[1] << 8 | (unsigned)b[2] << 16 |
		(unsigned)b[3] << 24);
	tell(text);
	return 0;
}

/*
 * Take renewed URLs, until control_end. (Shutting the socket down would end it,
 * too, for good: another nbdkit may inherit it after us.)
 */
static void *
take_control(void *arg)
{
	struct pollfd p[2] = {
	    {settings.control_fd, POLLIN, 0}, {control_end, POLLIN, 0}};
	char url[CONTROL_MAX];
	ssize_t n;

	(void)arg;
	while (poll(p, 2, -1) > 0 && p[1].revents == 0) {
		n = recv(
		    settings.control_fd, url, sizeof(url) - 1, MSG_DONTWAIT);
		if (n <= 0)
			break;
		url[n] = '\0';
		engine_renew(engine, url);
		explicit_bzero(url, sizeof(url));
	}
	return NULL;
}

static int
start_control(void)
{
	control_end = eventfd(0, EFD_CLOEXEC);
	if (control_end == -1)
		return -1;
	errno = pthread_create(&control, NULL, take_control, NULL);
	if (errno == 0)
		return 0;
	close(control_end);
	control_end = -1;
	return -1;
}

static void
end_control(void)
{
	if (control_end == -1)
		return;
	eventfd_write(control_end, 1);
	pthread_join(control, NULL);
	close(control_end);
}

/*
 * nbdkit has set SIGTERM as what its parent's death sends, at which it answers
 * what is under way with an error. Killed it says nothing, and its client asks
 * the next one.
 */
static void
die_with_parent(void)
{
	int signal = 0;

	if (prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal != 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Before any client, and any thread of ours, is there. */
static int
give_up_rights(void)
{
	/* Others of our user read strangers' bytes as well. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (sandbox_enter() == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return refuse(EX_OSERR, "unable to enter the sandbox: %s",
		    strerror(errno));
	log_note("this kernel has no seccomp: nothing keeps nbdkit from what "
		 "it does not need");
	return 0;
}

static int
plugin_after_fork(void)
{
	die_with_parent();
	if (give_up_rights() == -1)
		return -1;
	if (engine_start(engine) == -1)
		return refuse(EX_OSERR, "unable to start the fetch thread: %s",
		    strerror(errno));
	if (settings.control_fd != -1) {
		if (start_control() == -1)
			return refuse(EX_OSERR, "unable to start a thread: %s",
			    strerror(errno));
		tell(description);
	}
	if (tell_unpacked_size() == -1)
		return -1;
	report_ready();
	return 0;
}

static void
plugin_unload(void)
{
	end_control();
	engine_free(engine);
	overlay_close(overlay);
	free(description);
	if (source != NULL)
		source->ops->close(source);
	settings_free();
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
	*minimum = overlay != NULL ? OVERLAY_SECTOR : 1;
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

/* Tell nbdkit how it went. */
static int
ended(int result)
{
	if (result == -1)
		nbdkit_set_error(errno);
	return result;
}

/* Read the padded image, as an overlay_below. */
static int
read_image(void *ctx, void *buf, size_t len, uint64_t offset)
{
	uint32_t have = inside((uint32_t)len, offset);

	(void)ctx;
	memset((char *)buf + have, 0, len - have);
	return engine_read(engine, buf, have, offset);
}

static int
plugin_pread(
    void *handle, void *buf, uint32_t count, uint64_t offset, uint32_t flags)
{
	(void)handle;
	(void)flags;
	return ended(overlay != NULL ? overlay_read(overlay, buf, count, offset,
					   read_image, NULL)
				     : read_image(NULL, buf, count, offset));
}

static int
plugin_can_write(void *handle)
{
	(void)handle;
	return settings.writable != 0 || overlay != NULL;
}

static int
plugin_pwrite(void *handle, const void *buf, uint32_t count, uint64_t offset,
    uint32_t flags)
{
	(void)handle;
	(void)flags;
	return ended(overlay != NULL
			 ? overlay_write(overlay, buf, count, offset)
			 : engine_write(engine, buf, count, offset));
}

static int
plugin_flush(void *handle, uint32_t flags)
{
	(void)handle;
	(void)flags;
	return ended(
	    overlay != NULL ? overlay_flush(overlay) : engine_flush(engine));
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
    .config = settings_take,
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
