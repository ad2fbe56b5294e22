/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The part of every module that has the symbol by which the plugin opens it.
 */
#include "sources/threaded.h"

source_open vm_source_open;

struct source *
vm_source_open(const struct source_config *config, void *first, size_t room,
    size_t *got, struct fault *why)
{
	return blocking_open(&module_ops, config, first, room, got, why);
}
