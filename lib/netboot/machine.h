/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The files for a machine: a directory named by its MAC (52-54-00-12-34-81), or
 * `any` for machines without a directory of their own. It has the file `token`,
 * with 32 hexadecimal digits in one line, the directory `files`, and `done` if
 * the machine has booted.
 */
#ifndef VM_NETBOOT_MACHINE_H
#define VM_NETBOOT_MACHINE_H

#include <stdbool.h>

#include "base/failure.h"
#include "netboot/neighbours.h"
#include "netboot/path.h"

#define MACHINE_NAME_SIZE 18

struct machine {
	char name[MACHINE_NAME_SIZE]; /* of its directory, for messages */
	char token[TOKEN_DIGITS + 1];
	bool is_done;
	int files; /* the directory files, for openat(2); -1: it has none */
};

/*
 * Find the machine of that MAC in the directory `all`. Links are not followed.
 * Returns true, and the caller calls machine_close(). Returns false if there is
 * none; or if its directory cannot be used: only then the failure is set, with
 * a text that is not "".
 */
bool machine_find(int all, const unsigned char mac[MAC_SIZE], struct machine *,
    struct failure *);

void machine_close(struct machine *);

#endif
