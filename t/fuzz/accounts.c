/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz the reading of the accounts file. An accepted file is written and read
 * again: both must be the same.
 */
#include <sys/mman.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "door/accounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_account(const struct account *a)
{
	if (!account_name_is_valid(a->name) ||
	    strlen(a->hash) >= ACCOUNT_HASH_SIZE ||
	    a->role > ROLE_ADMINISTRATOR)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct accounts first, again;
	char path[32], copy[] = "/tmp/fuzz-accounts-XXXXXX";
	int fd = memfd_create("accounts", 0), other;
	unsigned i;

	if (write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	accounts_init(&first);
	if (accounts_read(&first, path) == 0) {
		for (i = 0; i < first.count; i++)
			check_account(&first.all[i]);
		other = mkstemp(copy);
		close(other);
		accounts_init(&again);
		if (accounts_write(&first, copy) == -1 ||
		    accounts_read(&again, copy) == -1 ||
		    again.count != first.count ||
		    memcmp(again.rules, first.rules, sizeof(first.rules)) != 0)
			abort();
		unlink(copy);
		for (i = 0; i < first.count; i++)
			if (strcmp(first.all[i].name, again.all[i].name) != 0 ||
			    strcmp(first.all[i].hash, again.all[i].hash) != 0 ||
			    first.all[i].role != again.all[i].role ||
			    first.all[i].is_enabled !=
				again.all[i].is_enabled ||
			    first.all[i].must_change !=
				again.all[i].must_change)
				abort();
	}
	close(fd);
	return 0;
}
