/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "fetchd/renewal.h"

static void
test_round_trip(void)
{
	char text[64] = "", *rest = text;
	const char *name, *value;

	CHECK(renewal_add(text, sizeof(text), "url", "http://a") == 0);
	CHECK(renewal_add(text, sizeof(text), "key", "a\nb 7\n\n") == 0);
	CHECK(renewal_add(text, sizeof(text), "user", "") == 0);
	/* A field that does not fit changes nothing. */
	CHECK(renewal_add(text, sizeof(text), "header",
		  "0123456789012345678901234567890123456789") == -1);
	CHECK(errno == ENOBUFS);
	CHECK(renewal_next(&rest, &name, &value));
	CHECK(strcmp(name, "url") == 0 && strcmp(value, "http://a") == 0);
	CHECK(renewal_next(&rest, &name, &value));
	CHECK(strcmp(name, "key") == 0 && strcmp(value, "a\nb 7\n\n") == 0);
	CHECK(renewal_next(&rest, &name, &value));
	CHECK(strcmp(name, "user") == 0 && value[0] == '\0');
	CHECK(!renewal_next(&rest, &name, &value));
}

static void
test_malformed(void)
{
	static const char *const bad[] = {"", "url", "url 3", "url\n",
	    "url 4\nabc\n", "url x\nabc\n", "url -1\nabc\n", "url 2\nabc\n",
	    "url 3\nabc"};
	const char *name, *value;
	char text[32], *rest;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(text, bad[i]);
		rest = text;
		CHECK(!renewal_next(&rest, &name, &value));
	}
}

int
main(void)
{
	test_round_trip();
	test_malformed();
	return check_status();
}
