/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "netboot/range.h"

#define UNIT "bytes="

/* Are there digits at *at? If so, take their number, at most UINT64_MAX. */
static bool
take_digits(const char **at, uint64_t *number)
{
	const char *begin = *at;
	unsigned digit;

	*number = 0;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		digit = (unsigned)(**at - '0');
		if (*number > (UINT64_MAX - digit) / 10)
			*number = UINT64_MAX;
		else
			*number = *number * 10 + digit;
	}
	return *at > begin;
}

/* Take a range of the last `length` bytes. */
static enum range_kind
take_suffix(uint64_t length, uint64_t size, struct range *r)
{
	if (length == 0)
		return RANGE_OUTSIDE;
	/* No Content-Range can name a part of an empty file. */
	if (size == 0)
		return RANGE_WHOLE;
	r->length = length < size ? length : size;
	r->begin = size - r->length;
	return RANGE_PART;
}

enum range_kind
range_take(const char *value, uint64_t size, struct range *r)
{
	bool has_first, has_last;
	uint64_t first, last;

	*r = (struct range){.length = size};
	if (value == NULL || strncasecmp(value, UNIT, strlen(UNIT)) != 0)
		return RANGE_WHOLE;
	value += strlen(UNIT);
	has_first = take_digits(&value, &first);
	if (*value != '-')
		return RANGE_WHOLE;
	value++;
	has_last = take_digits(&value, &last);
	if (*value != '\0' || (!has_first && !has_last))
		return RANGE_WHOLE;
	if (!has_first)
		return take_suffix(last, size, r);
	if (has_last && last < first)
		return RANGE_WHOLE;
	if (first >= size)
		return RANGE_OUTSIDE;
	if (!has_last || last >= size)
		last = size - 1;
	r->begin = first;
	r->length = last - first + 1;
	return RANGE_PART;
}
