/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * After all parameters have been taken, open the local files that they name.
 */
#include <sys/stat.h>

#include <sysexits.h>
#include <unistd.h>

#include "base/url-typed.h"
#include "fetchd/open-local.h"
#include "fetchd/parameters.h"

int
parameters_finish(struct parameters *a, struct failure *why)
{
	int fd;

	if (a->image != NULL && a->remote_only)
		return fail_because(why, CAUSE_FORBIDDEN, EX_NOPERM,
		    "unable to open %s: with allow-hosts, only an image on a "
		    "server is allowed",
		    a->shown_url);
	if (a->image != NULL) {
		fd = open_local_image(
		    a->image, a->shown_url, a->writable, a->no_links, why);
		if (fd == -1 ||
		    nbdkit_argv_add(a->argv, why, "file-fd=%d", fd) == -1)
			return -1;
	}
	if (a->overlay == NULL)
		return 0;
	fd = open_local_overlay(a->overlay, &a->made_overlay, why);
	if (fd == -1)
		return -1;
	return nbdkit_argv_add(a->argv, why, "overlay-fd=%d", fd);
}

const char *
parameters_note(const struct parameters *a)
{
	if (a->writable && url_kind(a->shown_url) == URL_SMB)
		return "note: over SMB the server decides when written data "
		       "reaches its disk";
	return NULL;
}

void
parameters_undo(const struct parameters *a)
{
	struct stat st;

	if (a->made_overlay && stat(a->overlay, &st) == 0 && st.st_size == 0)
		unlink(a->overlay);
}
