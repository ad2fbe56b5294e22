/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz requests to vm-redfish: the answer to any bytes must be HTTP and JSON.
 */
#include <stdint.h>
#include <stdio.h>

#include "../unit/redfish-fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!fake_request((const char *)data, size))
		abort();
	return 0;
}
