/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "check.h"
#include "base/json-text.h"
#include "base/json.h"

static int
quotes(const char *text, const char *want)
{
	char buf[JSON_QUOTED_SIZE(32)];

	return strcmp(json_quote(buf, text), want) == 0;
}

static void
test_text(void)
{
	struct json_text t = {0};
	unsigned i;

	CHECK(!json_text_end(&t));
	json_begin_object(&t, NULL);
	json_put_string(&t, "a", "x\"y");
	json_put_null(&t, "b");
	json_begin_array(&t, "c");
	json_put_number(&t, NULL, -5);
	json_put_bool(&t, NULL, true);
	json_begin_object(&t, NULL);
	json_end_object(&t);
	json_end_array(&t);
	json_put_bool(&t, "d", false);
	json_end_object(&t);
	CHECK(json_text_end(&t));
	CHECK(strcmp(t.data, "{\"a\":\"x\\\"y\",\"b\":null,"
			     "\"c\":[-5,true,{}],\"d\":false}") == 0);
	CHECK(t.len == strlen(t.data));
	json_text_free(&t);
	/* The buffer grows. */
	json_begin_array(&t, NULL);
	for (i = 0; i < 10000; i++)
		json_put_string(&t, NULL, "\xff");
	json_end_array(&t);
	CHECK(json_text_end(&t) && t.len == 10000 * 9 + 1);
	json_text_free(&t);
}

int
main(void)
{
	test_text();
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
