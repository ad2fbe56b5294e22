/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "redfish/duration.h"

#define YEAR (365 * 86400)

static const struct {
	char letter;
	int seconds;
} units[] = {{'D', 86400}, {'T', 0}, {'H', 3600}, {'M', 60}, {'S', 1}};
#define UNITS  (sizeof(units) / sizeof(*units))
#define UNIT_T 1

/* The index of a unit at or after `from`, on the same side of T; UNITS
 * if there is none. */
static size_t
find_unit(char letter, size_t from)
{
	size_t end = from > UNIT_T ? UNITS : UNIT_T;

	while (from < end && units[from].letter != letter)
		from++;
	return from < end ? from : UNITS;
}

int64_t
duration_parse(const char *text)
{
	int64_t sum = 0, part;
	size_t unit = 0, parts = 0;

	if (*text++ != 'P')
		return -1;
	while (*text != '\0') {
		if (*text == 'T') {
			if (unit > UNIT_T || *++text == '\0')
				return -1;
			unit = UNIT_T + 1;
			continue;
		}
		if (!isdigit((unsigned char)*text))
			return -1;
		for (part = 0; isdigit((unsigned char)*text); text++)
			if ((part = part * 10 + *text - '0') > YEAR)
				return -1;
		if (*text == '.' && unit > UNIT_T) {
			text += 1 + strspn(text + 1, "0123456789");
			if (*text != 'S')
				return -1;
		}
		unit = find_unit(*text, unit);
		if (unit == UNITS)
			return -1;
		sum += part * units[unit++].seconds;
		parts++;
		text++;
	}
	return parts > 0 && sum <= YEAR ? sum : -1;
}

const char *
duration_format(int64_t seconds, char buf[DURATION_SIZE])
{
	int len = snprintf(buf, DURATION_SIZE, "P");

	if (seconds >= 86400)
		len += snprintf(buf + len, DURATION_SIZE - (size_t)len,
		    "%" PRId64 "D", seconds / 86400);
	seconds %= 86400;
	if (seconds == 0 && len > 1)
		return buf;
	len += snprintf(buf + len, DURATION_SIZE - (size_t)len, "T");
	if (seconds >= 3600)
		len += snprintf(buf + len, DURATION_SIZE - (size_t)len, "%dH",
		    (int)(seconds / 3600));
	if (seconds % 3600 >= 60)
		len += snprintf(buf + len, DURATION_SIZE - (size_t)len, "%dM",
		    (int)(seconds % 3600 / 60));
	if (seconds % 60 > 0 || buf[len - 1] == 'T')
		snprintf(buf + len, DURATION_SIZE - (size_t)len, "%dS",
		    (int)(seconds % 60));
	return buf;
}
