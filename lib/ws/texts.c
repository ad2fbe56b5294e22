/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "ws/texts.h"

void
ws_texts_add(struct ws_texts *t, const char *line)
{
	size_t len = strlen(line);

	if (len > sizeof(t->text))
		len = sizeof(t->text);
	if (t->len + 1 + len > sizeof(t->text))
		t->len = 0;
	if (t->len > 0)
		t->text[t->len++] = '\n';
	memcpy(t->text + t->len, line, len);
	t->len += len;
}
