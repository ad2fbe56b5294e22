/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sources/http-pause.h"

#define PAUSE_FIRST_MS 250
#define PAUSE_LAST_MS  10000
#define TOLD_MS	       1000 /* a shorter pause is not worth a line */
#define LAST_TRY_MS    1000 /* the last try begins this long before the end */

int64_t
http_pause_after(
    const struct fault *f, unsigned tries, int64_t left, unsigned *seed)
{
	int64_t ms = tries < 6 ? PAUSE_FIRST_MS << (tries - 1) : PAUSE_LAST_MS;

	if (f->retry_after > 0)
		ms = (int64_t)f->retry_after * 1000;
	if (ms > PAUSE_LAST_MS)
		ms = PAUSE_LAST_MS;
	ms += rand_r(seed) % (ms / 4);
	if (ms > left - LAST_TRY_MS && left > 2 * LAST_TRY_MS)
		ms = left - LAST_TRY_MS;
	return ms <= left ? ms : -1;
}

void
http_pause(const struct fault *f, int64_t ms, void (*waits)(const char *why))
{
	struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
	char why[FAULT_TEXT_MAX + 64];

	snprintf(why, sizeof(why), "%s, trying again in %.1f s", f->text,
	    (double)ms / 1e3);
	if (waits != NULL && ms >= TOLD_MS)
		waits(why);
	nanosleep(&pause, NULL);
}
