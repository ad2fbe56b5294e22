/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-ws-proxy's command line.
 */
#ifndef VM_WS_MONITOR_ARGUMENTS_H
#define VM_WS_MONITOR_ARGUMENTS_H

#include "ws-monitor/credentials.h"
#include "ws-monitor/listen.h"

struct ws_arguments {
	struct ws_options options;
	struct ws_credentials credentials;
	struct ws_limits limits;
	const char *listen; /* an address or a path; NULL: a given descriptor */
	bool allows_plain;  /* other machines may connect without TLS */
};

/*
 * Read the command line, and the files that it names. What can't be used ends
 * the program with a message and a status of sysexits(3).
 */
void ws_arguments_take(struct ws_arguments *, int argc, char **argv);

#endif
