/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mman.h>

#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "unix/places.h"

static _Atomic pid_t *places; /* 0: the place is free */
static unsigned places_count;

int
places_make(unsigned count)
{
	void *memory = mmap(NULL, count * sizeof(*places),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -1;
	places = memory;
	places_count = count;
	return 0;
}

/* Replace a process by another one in the list. Returns whether it was
 * there. */
static bool
replace(pid_t old, pid_t new)
{
	pid_t expected;
	unsigned i;

	for (i = 0; i < places_count; i++) {
		expected = old;
		if (atomic_compare_exchange_strong(&places[i], &expected, new))
			return true;
	}
	return false;
}

bool
places_take(void)
{
	return places == NULL || replace(0, getpid());
}

void
places_leave(pid_t pid)
{
	replace(pid, 0);
}

unsigned
places_taken(void)
{
	unsigned i, taken = 0;

	for (i = 0; i < places_count; i++)
		taken += places[i] != 0;
	return taken;
}
