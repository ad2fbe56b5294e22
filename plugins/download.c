/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "control.h"
#include "download.h"
#include "fetchd/report.h"
#include "image-source.h"
#include "verify.h"

static int
put_in_file(
    struct download *d, const void *bytes, size_t len, struct fault *why)
{
	const char *p = bytes;
	off_t at = (off_t)d->got;
	ssize_t n = 0;

	if (d->got == 0 && ftruncate(settings.file_fd, 0) == -1)
		n = -1;
	for (; len > 0 && n != -1; p += n, at += n, len -= (size_t)n)
		n = pwrite(settings.file_fd, p, len, at);
	if (n != -1)
		return 0;
	why->kind = FAULT_REQUEST;
	why->status = errno == ENOSPC ? EX_CANTCREAT : EX_IOERR;
	why->cause = CAUSE_RANGES; /* with ranges, no file would be needed */
	snprintf(why->text, sizeof(why->text),
	    "unable to write what was downloaded (no ranges): %s",
	    strerror(errno));
	return -1;
}

static void
tell_progress(struct download *d)
{
	char text[96];

	if (d->of > 0)
		snprintf(text, sizeof(text),
		    "downloading: %" PRIu64 " of %" PRIu64 " MiB", d->got >> 20,
		    d->of >> 20);
	else
		snprintf(text, sizeof(text), "downloading: %" PRIu64 " MiB",
		    d->got >> 20);
	control_send(text);
}

static int
read_file(void *ctx, void *buf, size_t len, uint64_t at)
{
	ssize_t n;
	char *p = buf;

	(void)ctx;
	for (; len > 0; p += n, at += (uint64_t)n, len -= (size_t)n) {
		n = pread(settings.file_fd, p, len, (off_t)at);
		if (n <= 0)
			return -1;
	}
	return 0;
}

int
download_image(void)
{
	struct download d = {.put = put_in_file,
	    .tell = tell_progress,
	    .room = settings.room,
	    .limit_rate = settings.limit_rate};
	struct source_config config = open_config();
	struct source *source;
	char *description;
	struct fault why;

	source = http_download(&config, &d, &why);
	if (source == NULL)
		return refuse_fault(&why);
	if (d.of == 0)
		control_note("the server does not tell the image's size: a "
			     "download that is cut off may not be noticed");
	description = describe_source(&source->info, "");
	if (description == NULL) {
		refuse(EX_OSERR, "out of memory");
	} else if (verify_bytes(source->info.url, source->info.size, read_file,
		       NULL) == 0) {
		control_send(description);
		refuse(REPORT_DOWNLOADED, "downloaded");
	}
	free(description);
	source->ops->close(source);
	return -1;
}
