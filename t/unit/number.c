/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>

#include "check.h"
#include "base/number.h"

static int
rejects(int (*parse)(const char *, uint64_t, uint64_t, uint64_t *),
    const char *text, int want)
{
	uint64_t n = 7;

	errno = 0;
	return parse(text, 1, 100, &n) == -1 && errno == want && n == 7;
}

static void
test_plain(void)
{
	uint64_t n;

	CHECK(number_parse("0", 0, 9, &n) == 0 && n == 0);
	CHECK(number_parse("18446744073709551615", 0, UINT64_MAX, &n) == 0 &&
	      n == UINT64_MAX);
	CHECK(rejects(number_parse, "", EINVAL));
	CHECK(rejects(number_parse, "-1", EINVAL));
	CHECK(rejects(number_parse, " 1", EINVAL));
	CHECK(rejects(number_parse, "1K", EINVAL));
	CHECK(rejects(number_parse, "0", ERANGE));
	CHECK(rejects(number_parse, "101", ERANGE));
	CHECK(rejects(number_parse, "18446744073709551616", ERANGE));
}

static void
test_sizes(void)
{
	uint64_t n;

	CHECK(number_parse_size("4G", 0, UINT64_MAX, &n) == 0 &&
	      n == UINT64_C(4294967296));
	CHECK(number_parse_size("64", 0, 99, &n) == 0 && n == 64);
	CHECK(rejects(number_parse_size, "1X", EINVAL));
	CHECK(rejects(number_parse_size, "1KB", EINVAL));
	CHECK(rejects(number_parse_size, "K", EINVAL));
	CHECK(rejects(number_parse_size, "1K", ERANGE));
	CHECK(rejects(number_parse_size, "99999999999999T", ERANGE));
}

int
main(void)
{
	test_plain();
	test_sizes();
	return check_status();
}
