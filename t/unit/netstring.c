/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "check.h"
#include "base/netstring.h"

#define MAX 100

static ssize_t
reads(const char *input, const char *want)
{
	char buf[64], *text = NULL;
	size_t size = 0;
	ssize_t n;

	strcpy(buf, input);
	n = netstring_read(buf, strlen(buf), MAX, &text, &size);
	if (n > 0)
		CHECK(size == strlen(want) && memcmp(text, want, size) == 0);
	return n;
}

static void
test_read(void)
{
	CHECK(reads("5:hello,", "hello") == 8);
	CHECK(reads("5:hello,rest", "hello") == 8);
	CHECK(reads("0:,", "") == 3);
	CHECK(reads("12:hello world!,", "hello world!") == 16);
	/* Incomplete: more must come. */
	CHECK(reads("", "") == 0);
	CHECK(reads("1", "") == 0);
	CHECK(reads("5:", "") == 0);
	CHECK(reads("5:hello", "") == 0);
	/* Not a netstring. */
	CHECK(reads("5:hello.", "") == -1);
	CHECK(reads(":", "") == -1);
	CHECK(reads("05:hello,", "") == -1);
	CHECK(reads("00:,", "") == -1);
	CHECK(reads("-1:,", "") == -1);
	CHECK(reads(" 1:a,", "") == -1);
	CHECK(reads("101:", "") == -1);
	CHECK(reads("999999999", "") == -1);
	CHECK(reads("0000000000000000", "") == -1);
}

static void
test_write(void)
{
	char out[16];

	CHECK(netstring_write(out, 16, "hello", 5) == 8);
	CHECK(memcmp(out, "5:hello,", 8) == 0);
	CHECK(netstring_write(out, 8, "hello", 5) == 8);
	CHECK(netstring_write(out, 7, "hello", 5) == 0);
	CHECK(netstring_write(out, 3, "", 0) == 3);
	CHECK(netstring_write(out, 2, "", 0) == 0);
	CHECK(netstring_write(out, 0, "", 0) == 0);
}

int
main(void)
{
	test_read();
	test_write();
	return check_status();
}
