/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "check.h"
#include "base/json.h"

static int
quotes(const char *text, const char *want)
{
	char buf[JSON_QUOTED_SIZE(32)];

	return strcmp(json_quote(buf, text), want) == 0;
}

int
main(void)
{
	CHECK(quotes("", "\"\""));
	CHECK(quotes("a\"b\\c/", "\"a\\\"b\\\\c/\""));
	CHECK(quotes("\n\x1b\x7f", "\"\\u000a\\u001b\\u007f\""));
	CHECK(quotes("gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\""));
	CHECK(quotes("\xff", "\"\\ufffd\""));
	CHECK(quotes("\xc3", "\"\\ufffd\""));
	CHECK(quotes("\xc0\xaf", "\"\\ufffd\\ufffd\""));
	CHECK(quotes("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""));
	CHECK(quotes("\xf0\x9f\x92\xbf", "\"\xf0\x9f\x92\xbf\""));
	return check_status();
}
