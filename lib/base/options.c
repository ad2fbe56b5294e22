/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <getopt.h>
#include <stddef.h>

#include "base/options.h"

int
options_next(int argc, char *argv[], const char *letters)
{
	static const struct option words[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};

	return getopt_long(argc, argv, letters, words, NULL);
}
