/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "base/restart.h"

bool
restart_died(struct restart *r, int64_t now)
{
	bool again = r->deaths > 0 && now - r->died_at < RESTART_DEATHS_MS;

	r->deaths = again ? r->deaths + 1 : 1;
	r->died_at = now;
	if (r->deaths > RESTART_DEATHS_MAX)
		return false;
	r->at = now;
	return true;
}

void
restart_refused(struct restart *r, int64_t now)
{
	r->pause = r->pause == 0 ? RESTART_PAUSE_MIN : 2 * r->pause;
	if (r->pause > RESTART_PAUSE_MAX)
		r->pause = RESTART_PAUSE_MAX;
	r->at = now + r->pause;
}

void
restart_worked(struct restart *r)
{
	r->pause = 0;
}

int
restart_left(const struct restart *r, int64_t now)
{
	if (r->at == 0)
		return -1;
	return r->at > now ? (int)(r->at - now) : 0;
}
