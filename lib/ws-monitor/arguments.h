/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-ws-proxy's command line: the words (arguments.c), and the files that they
 * name (credentials.c).
 *
 * All of this is for a program's start: what can't be used ends it, with a
 * line and a status of sysexits(3), before anybody has come.
 */
#ifndef VM_WS_MONITOR_ARGUMENTS_H
#define VM_WS_MONITOR_ARGUMENTS_H

#include <stdbool.h>

#include "ws-monitor/listen.h"

struct ws_args {
	struct ws_options options;
	struct ws_limits limits;
	const char *listen; /* an address or a path; NULL: what we were given */
	bool allows_plain;  /* off loopback, too */
	/* Files; NULL: none of that kind. */
	const char *chain, *key, *anchors, *secret_protocols, *headers;
};

/* Take the command line, and all files that it names. */
void ws_args_take(struct ws_args *, int argc, char **argv);

/* Read those files. */
void ws_files_take(struct ws_args *);

/*
 * Use what the certificate's file and the key's have now, if they can be used;
 * they may be on their way. Otherwise the old ones are left, with a line.
 */
void ws_files_reload(struct ws_args *);

/* Add to a list of the options; too many end the program. */
void ws_args_add(struct ws_list *, const char *word);

#endif
