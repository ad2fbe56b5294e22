/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * usage: doorask [NAME=VALUE...]: send vm-door (at $VM_DOOR_SOCKET) a request
 * with these fields. Prints the answer's fields, one NAME=VALUE on each line.
 * Exits with 0 if the result is ok, else 1.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "door/client.h"

#define ANSWER_MS 300000

int
main(int argc, char **argv)
{
	struct door_message request = {0}, answer = {0};
	const char *result;
	unsigned k;
	char *equals;
	int i;

	for (i = 1; i < argc; i++) {
		equals = strchr(argv[i], '=');
		if (equals == NULL)
			errx(EX_USAGE, "usage: doorask [NAME=VALUE...]");
		*equals = '\0';
		door_add_string(&request, argv[i], equals + 1);
	}
	if (door_ask(&request, &answer, clock_ms() + ANSWER_MS) == -1)
		err(EX_UNAVAILABLE, "vm-door");
	for (k = 0; k < answer.count; k++)
		printf(
		    "%s=%s\n", answer.fields[k].name, answer.fields[k].value);
	result = door_string(&answer, "result");
	return result != NULL && strcmp(result, "ok") == 0 ? 0 : 1;
}
