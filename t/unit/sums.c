/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "base/sums.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define C "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD"

/* Returns the first letter of the sum, or 0. */
static int
find(const char *text)
{
	char sum[SUM_SIZE];

	if (sums_find(text, "x y.iso", sum) == -1)
		return 0;
	CHECK(strlen(sum) == SUM_SIZE - 1);
	return sum[0];
}

int
main(void)
{
	CHECK(sum_is_valid(A) && sum_is_valid(C));
	CHECK(!sum_is_valid(A "a") && !sum_is_valid(&A[1]));
	CHECK(!sum_is_valid("") && !sum_is_valid("g" A));
	CHECK(find(A "  x.iso\n" B "  x y.iso\n") == 'b');
	CHECK(find(A " *x.iso\r\n" B " *./d/x y.iso\r\n") == 'b');
	CHECK(find(B "  ax y.iso\n" A "  x y.iso") == 'a');
	CHECK(find("SHA256 (x y.iso) = " B "\nSHA256 (z) = " A "\n") == 'b');
	CHECK(find("SHA256 (d/x y.iso) = " A "\r\n") == 'a');
	CHECK(find("SHA256(x y.iso)= " A "\nSHA256(z)= " B) == 'a');
	CHECK(find("SHA2-256(x y.iso)= " B "\n") == 'b');
	CHECK(find("SHA256 (x y.iso)" A) == 0);
	CHECK(find("SHA256 (x y.iso) " A) == 0);
	CHECK(find("SHA256 (x y.iso = " A) == 0);
	CHECK(find("\xef\xbb\xbf" A "  x y.iso\r\n") == 'a');
	CHECK(find("\n \t" A "  x y.iso \n") == 'a');
	CHECK(find("SHA512 (x y.iso) = " A "\n") == 0);
	CHECK(find("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" C
		   "  x y.iso\n-----BEGIN PGP SIGNATURE-----\n") == '0');
	/* A sum without a name fits any file, but only if it is the only
	 * sum. */
	CHECK(find(B "\n") == 'b' && find("\n" B) == 'b');
	CHECK(find(B "\n" A "\n") == 0);
	CHECK(find(B "\n" A "  other\n") == 0);
	CHECK(find(A "  other\n") == 0 && errno == ENOENT);
	/* The same sum twice is fine; two different sums are not. */
	CHECK(find(A "  x y.iso\nSHA256 (x y.iso) = " A "\n") == 'a');
	CHECK(find(A "  x y.iso\n" B "  x y.iso\n") == 0 && errno == EEXIST);
	CHECK(find("") == 0 && find("\\" A "  x y.iso") == 'a');
	CHECK(find(A "x y.iso") == 0 && find(A " ") == 'a' && find(A "b") == 0);
	CHECK(find("SHA256 () = " A) == 0 && find("SHA256 (" A) == 0);
	return check_status();
}
