/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>

#include "base/number.h"

/* Parse the digits at text; *rest is what follows them. */
static int
parse_digits(const char *text, uint64_t *out, const char **rest)
{
	uint64_t value = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9'; p++) {
		unsigned digit = *p - '0';

		if (value > (UINT64_MAX - digit) / 10) {
			errno = ERANGE;
			return -1;
		}
		value = value * 10 + digit;
	}
	if (p == text) {
		errno = EINVAL;
		return -1;
	}
	*out = value;
	*rest = p;
	return 0;
}

static int
store_in_range(uint64_t value, uint64_t min, uint64_t max, uint64_t *out)
{
	if (value < min || value > max) {
		errno = ERANGE;
		return -1;
	}
	*out = value;
	return 0;
}

int
number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *rest;
	uint64_t value;

	if (parse_digits(text, &value, &rest) == -1)
		return -1;
	if (*rest != '\0') {
		errno = EINVAL;
		return -1;
	}
	return store_in_range(value, min, max, out);
}

int
number_parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *rest, *unit;
	uint64_t value;
	int shift = 0;

	if (parse_digits(text, &value, &rest) == -1)
		return -1;
	if (*rest != '\0') {
		unit = strchr(units, *rest);
		if (unit == NULL || rest[1] != '\0') {
			errno = EINVAL;
			return -1;
		}
		shift = 10 * (int)(unit - units + 1);
	}
	if (value > UINT64_MAX >> shift) {
		errno = ERANGE;
		return -1;
	}
	return store_in_range(value << shift, min, max, out);
}
