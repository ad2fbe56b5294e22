/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "base/shown.h"

/* Is the name shown like this in a buffer of that size? */
static bool
is(const char *name, size_t size, const char *want)
{
	char out[64];

	memset(out, 'x', sizeof(out));
	return shown(out, size, name) == out && strcmp(out, want) == 0 &&
	       (size == sizeof(out) || out[size] == 'x');
}

int
main(void)
{
	CHECK(is("", 64, "") && is("", 1, ""));
	CHECK(is("rescue (1).iso", 64, "rescue (1).iso"));
	CHECK(is("a\nb\033[2J\177", 64, "a\\x0ab\\x1b[2J\\x7f"));
	/* Letters stay; characters that change the text's direction, and
	 * invalid ones, do not. */
	CHECK(is("Gr\xc3\xbc\xc3\x9f"
		 "e\xf0\x9d\x95\xa9",
	    64,
	    "Gr\xc3\xbc\xc3\x9f"
	    "e\xf0\x9d\x95\xa9"));
	CHECK(is("\xe2\x80\xaegpj", 64, "\\xe2\\x80\\xaegpj"));
	CHECK(is("\xff\xc3", 64, "\\xff\\xc3"));
	/* The text is cut before a character or an escape that does not fit. */
	CHECK(is("abc", 3, "ab") && is("abc", 1, ""));
	CHECK(is("a\xc3\xbc", 3, "a") && is("a\xc3\xbc", 4, "a\xc3\xbc"));
	CHECK(is("a\n", 5, "a") && is("a\n", 6, "a\\x0a"));
	return check_status();
}
