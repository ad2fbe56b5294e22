/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "check.h"
#include "netboot/path.h"
#include "netboot/range.h"

#define TOKEN "00112233445566778899aabbccddeeff"

/* --- ranges --------------------------------------------------------------- */

static bool
is_part(const char *value, uint64_t size, uint64_t begin, uint64_t length)
{
	struct range r;

	return range_take(value, size, &r) == RANGE_PART && r.begin == begin &&
	       r.length == length;
}

static bool
is_whole(const char *value, uint64_t size)
{
	struct range r;

	return range_take(value, size, &r) == RANGE_WHOLE && r.begin == 0 &&
	       r.length == size;
}

static bool
is_outside(const char *value, uint64_t size)
{
	struct range r;

	return range_take(value, size, &r) == RANGE_OUTSIDE;
}

static void
test_parts(void)
{
	const uint64_t large = UINT64_C(5) << 30;

	CHECK(is_part("bytes=0-0", 10, 0, 1));
	CHECK(is_part("bytes=2-5", 10, 2, 4));
	CHECK(is_part("bytes=0-9", 10, 0, 10));
	CHECK(is_part("bytes=9-9", 10, 9, 1));
	CHECK(is_part("bytes=4-", 10, 4, 6));
	CHECK(is_part("bytes=4-10", 10, 4, 6));
	CHECK(is_part("bytes=-1", 10, 9, 1));
	CHECK(is_part("bytes=-10", 10, 0, 10));
	CHECK(is_part("bytes=-11", 10, 0, 10));
	CHECK(is_part("Bytes=0-0", 10, 0, 1));
	CHECK(is_part("bytes=007-08", 10, 7, 2));
	CHECK(is_part("bytes=5368709115-5368709119", large, large - 5, 5));
	CHECK(is_part("bytes=-5", large, large - 5, 5));
	/* A number with any count of digits is just larger than anything. */
	CHECK(is_part("bytes=1-18446744073709551616", 10, 1, 9));
	CHECK(is_part("bytes=-99999999999999999999999", 10, 0, 10));
	CHECK(is_part("bytes=0-", UINT64_MAX, 0, UINT64_MAX));
}

static void
test_outside(void)
{
	CHECK(is_outside("bytes=10-", 10));
	CHECK(is_outside("bytes=10-20", 10));
	CHECK(is_outside("bytes=-0", 10));
	CHECK(is_outside("bytes=18446744073709551616-", 10));
	CHECK(is_outside("bytes=0-", 0));
	CHECK(is_outside("bytes=0-0", 0));
	CHECK(is_whole("bytes=-1", 0));
}

static void
test_whole(void)
{
	static const char *const values[] = {"", "bytes", "bytes=", "bytes=-",
	    "bytes=1", "bytes=5-2", "bytes=a-b", "bytes=1-b", "bytes=0x1-2",
	    "bytes=+1-2", "bytes= 1-2", "bytes=1 -2", "bytes=1-2 ",
	    "bytes=1--2", "bytes=--2", "bytes=0-1,3-4", "bytes=0-1,",
	    "byte=0-1", "bytes 0-1", "items=0-1", "bytes=1-2/10",
	    "bytes=1.0-2"};
	size_t i;

	CHECK(is_whole(NULL, 10));
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		CHECK(is_whole(values[i], 10));
}

/* --- paths ---------------------------------------------------------------- */

static bool
has(const char *path, const char *name)
{
	struct netboot_path p;

	netboot_path_take(path, &p);
	return netboot_path_is_for(&p, TOKEN) && strcmp(p.name, name) == 0;
}

static void
test_names(void)
{
	CHECK(has("/" TOKEN "/boot.ipxe", "boot.ipxe"));
	CHECK(has("//" TOKEN "///boot.ipxe", "boot.ipxe"));
	CHECK(has("/" TOKEN "/a_B-9+.iso", "a_B-9+.iso"));
	CHECK(has("/%300112233445566778899aabbccddeeff/%62%6f%6F%74", "boot"));
}

static void
test_no_names(void)
{
	static const char *const ends[] = {"", "/", "//", "/.", "/..",
	    "/.hidden", "/../x", "/x/", "/x/y", "/x/../y", "/./x", "/%2e%2e",
	    "/a%2fb", "/a%00b", "/%", "/a%", "/a%2", "/a%zz", "/a b", "/a%20b",
	    "/a\\b", "/a:b", "/a;b", "/a~", "/\xc3\xa4", "/%c3%a4", "/a?b",
	    "/a*", "/a\nb"};
	char path[300];
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(path, sizeof(path), "/" TOKEN "%s", ends[i]);
		CHECK(has(path, ""));
	}
	/* One byte too many. */
	snprintf(path, sizeof(path), "/" TOKEN "/%0*d", NAME_SIZE, 0);
	CHECK(has(path, ""));
	path[strlen(path) - 1] = '\0';
	CHECK(!has(path, ""));
}

static void
test_tokens(void)
{
	static const char *const paths[] = {"", "/", "//", "x", "/x",
	    "/boot.ipxe", "/" TOKEN "0/boot.ipxe", "/0" TOKEN "/boot.ipxe",
	    "/00112233445566778899aabbccddeef/boot.ipxe",
	    "/00112233445566778899aabbccddeefe/boot.ipxe",
	    "/10112233445566778899aabbccddeeff/boot.ipxe",
	    "/00112233445566778899AABBCCDDEEFF/boot.ipxe",
	    "/x/" TOKEN "/boot.ipxe", "/" TOKEN "%00/boot.ipxe",
	    "/" TOKEN "%2fboot.ipxe", "/" TOKEN "%/boot.ipxe"};
	struct netboot_path p;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		netboot_path_take(paths[i], &p);
		CHECK(!netboot_path_is_for(&p, TOKEN));
	}
}

int
main(void)
{
	test_parts();
	test_outside();
	test_whole();
	test_names();
	test_no_names();
	test_tokens();
	return check_status();
}
