/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "fetchd/download.h"
#include "fetchd/spool.h"

/* Whole MiB, rounded up. */
static uint64_t
mib(uint64_t bytes)
{
	return (bytes >> 20) + ((bytes & 0xfffff) != 0);
}

static int
check_room(const struct supervisor *s, uint64_t size, uint64_t room,
    struct failure *why)
{
	/* room is three quarters of the free space: see spool_room(). */
	uint64_t missing = (size - room) / 3 * 4;

	if (size <= room)
		return 0;
	return fail_because(why, CAUSE_RANGES, EX_CANTCREAT,
	    "unable to open %s: the server cannot send parts of a file (no "
	    "ranges), and %s has no room for all %" PRIu64 " MiB: free %" PRIu64
	    " MiB there",
	    s->parameters->shown_url, spool_directory(), mib(size),
	    mib(missing));
}

static void
note(const struct supervisor *s)
{
	char line[FAILURE_TEXT_SIZE];

	snprintf(line, sizeof(line),
	    "note: %s is on a server that cannot send parts of a file (no "
	    "ranges): it is downloaded first, into %s, which needs room for "
	    "the whole image",
	    s->parameters->shown_url, spool_directory());
	s->say(line);
}

int
download_begin(struct supervisor *s, const char *text, struct failure *why)
{
	uint64_t room, size = strtoull(text, NULL, 10);
	char known[32] = "";

	if (s->download != DOWNLOAD_NONE)
		return fail(why, EX_OSERR,
		    "unable to go on: the plugin asks for a second download");
	s->spool = spool_open(why);
	if (s->spool == -1)
		return -1;
	room = spool_room(s->spool);
	if (room > INT64_MAX)
		room = INT64_MAX;
	if (check_room(s, size, room, why) == -1)
		return -1;
	s->download = DOWNLOAD_RUNS;
	if (s->only_check) {
		if (size > 0)
			snprintf(
			    known, sizeof(known), "size: %" PRIu64 "\n", size);
		snprintf(s->identity, sizeof(s->identity),
		    "url: %s\n%sranges: no", s->parameters->shown_url, known);
		return 0;
	}
	note(s);
	nbdkit_stop(s->nbdkit);
	if (nbdkit_argv_download(&s->nbdkit->argv, s->spool, room, why) == -1)
		return -1;
	return nbdkit_start(s->nbdkit, why);
}

int
download_serve(struct supervisor *s, struct failure *why)
{
	if (s->download != DOWNLOAD_RUNS)
		return fail(why, EX_OSERR,
		    "unable to go on: the plugin has downloaded nothing");
	s->download = DOWNLOAD_DONE;
	nbdkit_stop(s->nbdkit);
	if (nbdkit_argv_serve_downloaded(&s->nbdkit->argv, s->identity, why) ==
	    -1)
		return -1;
	return nbdkit_start(s->nbdkit, why);
}
