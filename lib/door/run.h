/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Run a program of vmedia (vmctl, vm-host, vm-image), and take its output. Its
 * arguments are a list, which no shell reads; secrets are passed by descriptor.
 */
#ifndef VM_DOOR_RUN_H
#define VM_DOOR_RUN_H

#include <stdbool.h>
#include <stddef.h>

#define RUN_ARGS    32
#define RUN_SECRETS 4
#define RUN_OUTPUT  200000 /* bytes of each stream that are kept */

struct run {
	const char *args[RUN_ARGS]; /* the program first; a NULL ends them */
	unsigned count;
	char paths[RUN_SECRETS][24]; /* of secrets: /dev/fd/N */
	int secrets[RUN_SECRETS];
	unsigned secret_count;
	const char *input; /* standard input; NULL: none */
	char *output; /* what it printed, with a NUL: run_free() frees it */
	char *errors;
};

/* Add an argument, which stays the caller's. */
void run_add(struct run *, const char *arg);

/* Add an option whose argument is a path at which the program reads the
 * secret, from memory. */
void run_add_secret(
    struct run *, const char *option, const char *secret, size_t len);

/*
 * Run the program, and wait for its end. Returns its exit status: 127 if it
 * does not exist, 128 and more after a signal; or -1 with errno if it could not
 * be started.
 */
int run_program(struct run *);

/* The last line that the program wrote to standard error, without "PROGRAM: ".
 * It is a part of r->errors, which this function changes. */
const char *run_reason(struct run *r);

void run_free(struct run *);

#endif
