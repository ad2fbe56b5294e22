/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stddef.h>
#include <string.h>

#include "base/hex.h"
#include "netboot/path.h"

/* Returns the next byte of a path, decoded, and moves *at on; -1 if the byte is
 * malformed. */
static int
next(const char **at)
{
	int high, low;

	if (**at != '%')
		return (unsigned char)*(*at)++;
	(*at)++;
	high = hex_digit(**at);
	low = high != -1 ? hex_digit((*at)[1]) : -1;
	if (low == -1)
		return -1;
	*at += 2;
	return high << 4 | low;
}

static bool
is_allowed(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
	       c == '+';
}

/* Take the component at *at, and move *at past it. out is "" if the component
 * is too long or has a character that is not allowed. */
static void
take_component(const char **at, char *out, size_t size)
{
	bool is_good = true;
	size_t len = 0;
	int c;

	*at += strspn(*at, "/");
	while (**at != '\0' && **at != '/') {
		c = next(at);
		if (!is_allowed(c) || len + 1 >= size)
			is_good = false;
		else
			out[len++] = (char)c;
	}
	if (!is_good)
		len = 0;
	memset(out + len, 0, size - len);
}

void
netboot_path_take(const char *path, struct netboot_path *p)
{
	take_component(&path, p->token, sizeof(p->token));
	take_component(&path, p->name, sizeof(p->name));
	if (*path != '\0' || p->name[0] == '.')
		p->name[0] = '\0';
}

bool
netboot_path_is_for(const struct netboot_path *p, const char *token)
{
	unsigned char differs = 0;
	size_t i;

	for (i = 0; i < TOKEN_DIGITS; i++)
		differs |= (unsigned char)(p->token[i] ^ token[i]);
	return differs == 0;
}
