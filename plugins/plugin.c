/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-fetchd's nbdkit plugin: a remote image as an NBD export. The image is
 * opened once, before any client is served; all connections use one engine.
 */
#include <sys/prctl.h>

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <curl/curl.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "config.h"
#include "control.h"
#include "fetchd/report.h"
#include "open-image.h"
#include "unix/sandbox.h"
#include "verify.h"

/* Requests share only the engine and the overlay, which have locks. */
#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

static struct image image; /* the image that is served */

static int
plugin_config_complete(void)
{
	if (settings.url == NULL)
		return refuse(EX_USAGE, "url= is missing");
	return 0;
}

#define plugin_config_help                                                \
	"url=URL              (required) the image\n"                     \
	"module=FILE          the source's module, if not HTTP\n"         \
	"writable=1           clients may write\n"                        \
	"user=, password=     credentials; -FD reads a value from a "     \
	"descriptor\n"                                                    \
	"domain=              the user's domain (SMB)\n"                  \
	"netrc=FILE           users and passwords by host\n"              \
	"header=              lines of header fields, usually by -FD\n"   \
	"cacert=, cert=, key= PEM texts, usually by -FD\n"                \
	"insecure=1           do not verify the server\n"                 \
	"proxy=, noproxy=     as curl(1) knows them\n"                    \
	"allow-hosts=HOSTS    connect only to these\n"                    \
	"sha256=HEX           the image's SHA-256, verified first\n"      \
	"sums=, sums-url=     a file of checksums, usually by -FD\n"      \
	"cache=64M            memory for the image's chunks\n"            \
	"connections=8        transfers at once\n"                        \
	"outage=25            seconds to wait for a silent source\n"      \
	"timeout=30           the same at the beginning, if it is busy\n" \
	"size=SIZE            bytes to use of a block device\n"           \
	"limit-rate=SIZE      bytes per second at most, on average\n"     \
	"overlay-fd=FD        keep what clients write in this file\n"     \
	"overlay-size=1G      ... and at most so many bytes of it"

/* --- life -------------------------------------------------------------- */

static void
plugin_load(void)
{
	/* glibc would keep memory apart for each of nbdkit's threads. Most bytes
	 * are in the cache, and the threads rarely wait for each other here. */
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, 1);
#endif
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Call this before anything is read from the network. */
static int
give_up_rights(void)
{
	/* Another program of this user, if an attacker controls it, must not
	 * trace us. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (sandbox_enter() == 0)
		return 0;
	if (!sandbox_is_missing(errno))
		return refuse(EX_OSERR, "unable to enter the sandbox: %s",
		    strerror(errno));
	control_note(
	    "this kernel has no seccomp: nbdkit runs without its sandbox");
	return 0;
}

/*
 * Opening the image means reading names, certificates and headers from
 * strangers, so give up rights before. nbdkit does not fork, so it serves
 * without these rights, too.
 */
static int
plugin_get_ready(void)
{
	if (give_up_rights() == -1)
		return -1;
	return open_image(&image);
}

/* Report ready, with a line for people that says how fast the image can be
 * read. */
static void
report_ready(void)
{
	char text[REPORT_MAX];
	double rate = (double)image.info->rate / 1e6;

	if (settings.report_fd == -1)
		return;
	snprintf(text, sizeof(text),
	    "%s%sround trip %.1f ms, the first MiB at %.1f MB/s on one "
	    "connection: expect up to %.0f MB/s on %u",
	    image.info->address, image.info->address[0] != '\0' ? ", " : "",
	    image.info->round_trip / 1e3, rate,
	    rate * (double)image.info->connections, image.info->connections);
	report_send(settings.report_fd, 0, CAUSE_USUAL, text);
}

/*
 * When its parent dies, nbdkit would get SIGTERM, and answer running requests
 * with errors. With SIGKILL, it answers nothing, and the client repeats the
 * requests to the next nbdkit.
 */
static void
die_with_parent(void)
{
	int signal = 0;

	if (prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal != 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static int
plugin_after_fork(void)
{
	die_with_parent();
	if (engine_start(image.engine) == -1)
		return refuse(EX_OSERR, "unable to start the fetch thread: %s",
		    strerror(errno));
	if (control_start(image.engine) == -1)
		return refuse(
		    EX_OSERR, "unable to start a thread: %s", strerror(errno));
	control_send(image.description);
	if (verify_image(image.info, image.engine) == -1)
		return -1;
	report_ready();
	return 0;
}

static void
plugin_unload(void)
{
	control_stop();
	close_image(&image);
	settings_free();
	curl_global_cleanup();
}

/* --- serving ----------------------------------------------------------- */

static void *
plugin_open(int readonly)
{
	(void)readonly; /* the setting `writable` decides */
	return NBDKIT_HANDLE_NOT_NEEDED;
}

static int64_t
plugin_get_size(void *handle)
{
	(void)handle;
	return (int64_t)image.size;
}

static const char *
plugin_export_description(void *handle)
{
	(void)handle;
	return image.description;
}

/* A write ends only when the source has it, so all connections see it then. */
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
	*minimum = image.overlay != NULL ? OVERLAY_SECTOR : 1;
	*preferred = 64 * 1024;
	*maximum = 32 * 1024 * 1024;
	return 0;
}

/* Returns how many bytes of a range are in the image. The rest is padding. */
static uint32_t
inside(uint32_t count, uint64_t offset)
{
	uint64_t rest =
	    offset < image.info->size ? image.info->size - offset : 0;

	return rest < count ? (uint32_t)rest : count;
}

/* End a callback: give nbdkit the errno of a failure. */
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
	return engine_read(image.engine, buf, have, offset);
}

static int
plugin_pread(
    void *handle, void *buf, uint32_t count, uint64_t offset, uint32_t flags)
{
	(void)handle;
	(void)flags;
	return ended(image.overlay != NULL
			 ? overlay_read(image.overlay, buf, count, offset,
			       read_image, NULL)
			 : read_image(NULL, buf, count, offset));
}

static int
plugin_can_write(void *handle)
{
	(void)handle;
	return settings.writable != 0 || image.overlay != NULL;
}

static int
plugin_pwrite(void *handle, const void *buf, uint32_t count, uint64_t offset,
    uint32_t flags)
{
	(void)handle;
	(void)flags;
	return ended(image.overlay != NULL
			 ? overlay_write(image.overlay, buf, count, offset)
			 : engine_write(image.engine, buf, count, offset));
}

static int
plugin_flush(void *handle, uint32_t flags)
{
	(void)handle;
	(void)flags;
	return ended(image.overlay != NULL ? overlay_flush(image.overlay)
					   : engine_flush(image.engine));
}

static int
plugin_cache(void *handle, uint32_t count, uint64_t offset, uint32_t flags)
{
	(void)handle;
	(void)flags;
	engine_prefetch(image.engine, inside(count, offset), offset);
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

/* The macro below does not declare it. */
struct nbdkit_plugin *plugin_init(void);

NBDKIT_REGISTER_PLUGIN(plugin)
