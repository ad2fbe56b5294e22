/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 * A CGI program that does nothing. It shows the least cost of a process for
 * each request.
 */
#include <stdio.h>

int
main(void)
{
	return puts("Content-Type: application/json\r\n\r\n{}\r") < 0;
}
