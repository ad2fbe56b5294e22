/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The files that the command line names: certificates, a key, and what a client
 * must not show in its arguments.
 */
#ifndef VM_WS_MONITOR_CREDENTIALS_H
#define VM_WS_MONITOR_CREDENTIALS_H

#include "ws/options.h"

/* Paths; NULL: no such file is used. */
struct ws_credentials {
	const char *chain, *key; /* a server's, both or neither */
	const char *anchors;	 /* a client's CA file; NULL: the system's */
	const char *headers;	 /* a client's, a line each */
	const char *secret_protocols; /* a client's, a line each */
};

/* Read all of them into the options. What can't be used ends the program. */
void ws_credentials_load(const struct ws_credentials *, struct ws_options *);

/*
 * Read the certificate and the key again. Somebody may be replacing them just
 * now: if they can't be used, the old ones stay, and standard error says why.
 */
void ws_credentials_reload(const struct ws_credentials *, struct ws_options *);

/* Erase all keys from this process's memory: it is a worker from now on. */
void ws_credentials_forget_keys(void);

#endif
