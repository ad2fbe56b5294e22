/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "ws/options.h"

bool
ws_list_add(struct ws_list *list, const char *word)
{
	if (list->count == WS_LIST_MAX)
		return false;
	list->words[list->count++] = word;
	return true;
}

bool
ws_list_has(const struct ws_list *list, const char *word)
{
	unsigned i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->words[i], word) == 0)
			return true;
	return false;
}
