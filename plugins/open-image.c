/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "config.h"
#include "control.h"
#include "download.h"
#include "fetchd/report.h"
#include "identity.h"
#include "image-source.h"
#include "image/probe.h"
#include "nbd/client.h"
#include "open-image.h"

/* Parts of the description: for an overlay, and for an image whose server sends
 * no validator. */
#define OVERLAY_LINE "\noverlay: "
#define NO_VALIDATOR "\nvalidator: weak none"

/* --- its source -------------------------------------------------------- */

static bool
is_cancelled(void)
{
	/* No other call tells a callback that nbdkit must end. */
	return nbdkit_nanosleep(0, 0) == -1;
}

static void
log_line(const char *line)
{
	nbdkit_error("%s", line);
}

static struct source *
open_source(void *first, size_t *got, struct fault *why)
{
	struct source_config config = open_config();

	return open_source_of(&config, first, got, why);
}

/* --- what the image is ------------------------------------------------- */

/*
 * If the partition table or the file system uses sectors of 4096 bytes, returns
 * the line that makes vm-nbd-attach use such blocks; otherwise "".
 */
static const char *
sector_line(const struct image_info *found)
{
	return found->sector == 4096 ? "\n" NBD_SECTOR_4096 : "";
}

/* Set the size of the export, and check that a drive can have it. Returns 0 or
 * -1. */
static int
check_size(struct image *image, const struct image_info *found)
{
	const struct source_info *info = image->info;

	image->size = settings.unpacked || settings.raw
			  ? info->size
			  : image_padded_size(found);
	if (image->size > INT64_MAX)
		return refuse_because(CAUSE_SERVER, EX_DATAERR,
		    "the server reports an impossible size");
	if (!settings.writable || settings.overlay_fd != -1 ||
	    image->size == info->size)
		return 0;
	return refuse(EX_DATAERR,
	    "an image that is written to must be as large as its drive, and "
	    "this one has %" PRIu64
	    " bytes: pad it with zeros (truncate -s %" PRIu64 ")",
	    info->size, image->size);
}

/*
 * Check that it is an image of a disk. An image that must be decompressed first
 * is reported as REPORT_PACKED. Returns 0 or -1.
 */
static int
check_content(const struct image_info *found)
{
	const struct image_foreign *foreign = found->foreign;

	if (foreign == NULL || settings.unpacked || settings.raw)
		return 0;
	if (!foreign->packed || settings.spooled == SPOOLED_UNPACKED)
		return refuse(EX_DATAERR, "%s", foreign->reason);
	if (settings.writable || settings.overlay_fd != -1)
		return refuse_because(CAUSE_USAGE, EX_DATAERR,
		    "it is compressed (%s) and cannot be written to",
		    foreign->name);
	return refuse(REPORT_PACKED, "%s", foreign->name);
}

/* Open the overlay, if there is one, and name it in the description. */
static int
open_overlay(struct image *image)
{
	struct fault why;
	char *named;

	if (settings.overlay_fd == -1)
		return 0;
	if (strstr(image->description, NO_VALIDATOR) != NULL)
		return refuse_because(CAUSE_SERVER, EX_DATAERR,
		    "the server sends neither an ETag nor a date, so an "
		    "overlay could be mixed with another image unnoticed");
	image->overlay = overlay_open(settings.overlay_fd, image->description,
	    image->size, settings.overlay_size, &why);
	if (image->overlay == NULL)
		return refuse_fault(&why);
	if (asprintf(&named, "%s" OVERLAY_LINE "%s", image->description,
		overlay_name(image->overlay)) == -1)
		return refuse(EX_OSERR, "out of memory");
	free(image->description);
	image->description = named;
	return 0;
}

/*
 * When vm-fetchd starts nbdkit again, the image must be the same as before. Its
 * link may have been renewed, and another mirror's validator accepted, but the
 * description stays the same, because clients and the overlay identify the
 * image by it.
 */
static int
check_identity(struct image *image, const struct image_info *found)
{
	const char *was, *now, *adopted = settings.adopted.pem;
	char *copy, *overlay;

	if (asprintf(&copy, "%s%s", settings.identity.pem,
		settings.spooled ? sector_line(found) : "") == -1)
		return refuse(EX_OSERR, "out of memory");
	/* Remove the overlay's name: open_overlay() adds it from the file. */
	overlay = strstr(copy, OVERLAY_LINE);
	if (overlay != NULL)
		*overlay = '\0';
	was = strchr(copy, '\n');
	now = strchr(image->description, '\n');
	if (!settings.spooled &&
	    (was == NULL || now == NULL ||
		(!identity_is_same(was, now) &&
		    !identity_is_adopted(was, now, adopted)))) {
		free(copy);
		return refuse_because(CAUSE_CHANGED, EX_DATAERR,
		    "the image changed on the server");
	}
	free(image->description);
	image->description = copy;
	return 0;
}

/* Check that the overlay is the same as before: its file may have been
 * replaced. */
static int
check_overlay(const struct image *image)
{
	const char *was = strstr(settings.identity.pem, OVERLAY_LINE);
	const char *now = strstr(image->description, OVERLAY_LINE);

	if (was == NULL || (now != NULL && strcmp(was, now) == 0))
		return 0;
	return refuse_because(CAUSE_CHANGED, EX_DATAERR,
	    "the overlay is another one than before");
}

static int
open_identified(struct image *image, const struct image_info *found)
{
	if (settings.identity.pem == NULL)
		return open_overlay(image);
	if (check_identity(image, found) == -1 || open_overlay(image) == -1)
		return -1;
	return check_overlay(image);
}

/* The source cannot be opened. Report that, or that its image must be
 * downloaded whole. */
static int
refuse_source(const struct fault *why)
{
	if (why->kind != FAULT_NO_RANGES)
		return refuse_fault(why);
	/* For an image in use, vm-fetchd tries again: this may pass. */
	if (settings.identity.pem != NULL)
		return refuse_because(
		    CAUSE_RANGES, EX_PROTOCOL, "%s", why->text);
	return refuse(REPORT_WHOLE, "%" PRIu64 " %s", why->size, why->text);
}

static int
make_engine(struct image *image, const void *first, size_t got)
{
	const struct engine_config config = {.cache = settings.cache,
	    .connections = (unsigned)settings.connections,
	    .outage_limit = (unsigned)settings.outage,
	    .limit_rate = settings.limit_rate,
	    .tell = settings.control_fd != -1 ? control_send : NULL,
	    .cancelled = is_cancelled,
	    .log = log_line,
	    .adopted = control_adopted,
	    .note = control_note};

	image->engine = engine_new(&config, image->source);
	image->source = NULL;
	if (image->engine == NULL)
		return refuse(EX_OSERR, "unable to allocate the cache");
	engine_warm(image->engine, first, got);
	return 0;
}

int
open_image(struct image *image)
{
	unsigned char *first = malloc(CHUNK_SIZE);
	struct image_info found;
	struct fault why;
	size_t got;
	int result = -1;

	if (settings.download) {
		free(first);
		return download_image();
	}
	if (first == NULL)
		return refuse(EX_OSERR, "out of memory");
	image->source = open_source(first, &got, &why);
	if (image->source == NULL) {
		refuse_source(&why);
		goto out;
	}
	image->info = &image->source->info;
	image_probe_head(first, got, image->info->size, &found);
	if (check_content(&found) == -1 || check_size(image, &found) == -1)
		goto out;
	image->description = describe_source(image->info, sector_line(&found));
	if (image->description == NULL) {
		refuse(EX_OSERR, "out of memory");
		goto out;
	}
	if (open_identified(image, &found) == 0)
		result = make_engine(image, first, got);
out:
	free(first);
	return result;
}

void
close_image(struct image *image)
{
	engine_free(image->engine);
	overlay_close(image->overlay);
	free(image->description);
	if (image->source != NULL)
		image->source->ops->close(image->source);
}
