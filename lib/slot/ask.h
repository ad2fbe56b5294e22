/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Send a request to the vm-slot of a slot, at its socket (control.h has the
 * protocol), and wait for the answer.
 */
#ifndef VM_SLOT_ASK_H
#define VM_SLOT_ASK_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/cause.h"
#include "slot/state.h"

struct ask {
	const struct state *state;
	unsigned slot;
	const char *request;
	unsigned seconds; /* to wait for the answer; 0: without a limit */
	pid_t beside;	  /* stop waiting when this process ends; 0: none */
	bool shows;	  /* show the steps on a terminal */
};

#define ASK_REQUEST_MAX 60 /* bytes of a request */

#define ASK_NOBODY -1 /* no vm-slot listens there */
#define ASK_ALONE  -2 /* the process `beside` has ended */

/*
 * Send the request, and wait for the answer. For the request `watch`, print
 * each state on standard output. Returns 0 if the request was carried out; an
 * exit status of sysexits(3), with the cause and the reason as a line in *why;
 * or ASK_NOBODY or ASK_ALONE.
 */
int slot_ask(const struct ask *, enum cause *, char *why, size_t size);

/* Does a vm-slot hold the slot? */
bool slot_is_held(const struct state *);

#endif
