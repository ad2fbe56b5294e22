/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "base/control.h"

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 127;
}

bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if (is_control(*text))
			return true;
	return false;
}

void
replace_control(char *text)
{
	for (; *text != '\0'; text++)
		if (is_control(*text))
			*text = '?';
}
