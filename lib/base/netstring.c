/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "base/netstring.h"

#define DIGITS_MAX 9

ssize_t
netstring_length(const char *buf, size_t len, size_t max, size_t *size)
{
	size_t digits, n = 0;

	for (digits = 0; digits < len && digits < DIGITS_MAX &&
			 buf[digits] >= '0' && buf[digits] <= '9';
	     digits++)
		n = n * 10 + (size_t)(buf[digits] - '0');
	if (n > max || (digits > 1 && buf[0] == '0'))
		return -1;
	if (digits == len && digits < DIGITS_MAX)
		return 0;
	if (digits == 0 || digits == len || buf[digits] != ':')
		return -1;
	*size = n;
	return (ssize_t)digits + 1;
}

ssize_t
netstring_read(char *buf, size_t len, size_t max, char **text, size_t *size)
{
	ssize_t head = netstring_length(buf, len, max, size);

	if (head <= 0)
		return head;
	if (len - (size_t)head <= *size)
		return 0;
	if (buf[(size_t)head + *size] != ',')
		return -1;
	*text = buf + head;
	return head + (ssize_t)*size + 1;
}

size_t
netstring_head(char out[NETSTRING_OVERHEAD], size_t size)
{
	return (size_t)snprintf(out, NETSTRING_OVERHEAD, "%zu:", size);
}

size_t
netstring_write(char *out, size_t room, const char *text, size_t size)
{
	char head[NETSTRING_OVERHEAD];
	size_t len = netstring_head(head, size);

	if (len >= sizeof(head) || room < len + 1 || size > room - len - 1)
		return 0;
	memcpy(out, head, len);
	memcpy(out + len, text, size);
	out[len + size] = ',';
	return len + size + 1;
}
