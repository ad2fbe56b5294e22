/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The words for causes. Prints the usual cause of some statuses, which a test
 * compares with the shell's table.
 */
#include <stdio.h>
#include <string.h>

#include "base/cause.h"
#include "check.h"

static void
test_lines(void)
{
	CHECK(cause_of_line("vm-fetchd: cause: tls") == CAUSE_TLS);
	CHECK(cause_of_line("vm-fetchd: cause: from tomorrow") == CAUSE_USUAL);
	CHECK(cause_of_line("vm-fetchd: no cause: tls") == -1);
	CHECK(cause_of_line(": cause: tls") == -1);
	CHECK(cause_of_line("a b: cause: tls") == -1);
	CHECK(cause_of_line("vm-fetchd: cause:tls") == -1);
	CHECK(cause_of_line("") == -1);
}

int
main(void)
{
	int i;

	for (i = CAUSE_USUAL + 1; i < CAUSES; i++)
		CHECK(
		    cause_find(cause_word((enum cause)i, 0)) == (enum cause)i);
	CHECK(cause_find("") == CAUSE_USUAL);
	CHECK(strcmp(cause_word((enum cause)99, 68), "name") == 0);
	test_lines();
	for (i = 64; i <= 78; i++)
		puts(cause_word(CAUSE_USUAL, i));
	puts(cause_word(CAUSE_USUAL, 1));
	return check_status();
}
