/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <libnbd.h>

#include "base/clock.h"
#include "nbd/poll.h"

int
nbd_poll_until(
    struct nbd_handle *nbd, int64_t end, int (*done)(struct nbd_handle *))
{
	int left = -1;

	errno = 0;
	while (done(nbd) != 1) {
		if (end != 0)
			left = (int)(end - clock_ms());
		if (end != 0 && left <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (nbd_aio_is_dead(nbd) == 1 || nbd_aio_is_closed(nbd) == 1 ||
		    nbd_poll(nbd, left) == -1) {
			errno = 0;
			return -1;
		}
	}
	return 0;
}

int
nbd_poll_is_idle(struct nbd_handle *nbd)
{
	return nbd_aio_in_flight(nbd) == 0;
}
