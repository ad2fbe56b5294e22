/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * An SCGI server for programs without rights, with a process for each request:
 * it listens, gives up rights, and accepts requests.
 */
#ifndef VM_HTTP_SERVER_H
#define VM_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct http_server {
	const char *socket; /* where it listens, if systemd passes no socket */
	const char *group;  /* this group may connect, too; NULL: none */
	const char *user;   /* the user to become, if it is root */
	uint64_t requests;  /* limit at once, except those in a place */
	unsigned places;    /* for processes that take long (unix/places.h) */
	/*
	 * Called in a new process: answer the request of that connection. The
	 * process ends when this returns. is_too_many: the limit is exceeded.
	 */
	void (*answer)(int fd, bool is_too_many);
	/* Report a problem while the server runs, as warn(3) does. */
	void (*warn)(const char *format, ...)
	    __attribute__((format(printf, 1, 2)));
};

/*
 * Give up rights, before anything is read from the network: become the user,
 * and deny ourselves other programs, sockets other than Unix sockets, and
 * opening files for writing (unix/sandbox.h). No other process may read our
 * memory, because passwords pass through it. Returns 0; or -1 and why, and the
 * caller must end.
 */
int http_give_up_rights(const struct http_server *, struct failure *);

/*
 * Listen, give up rights, and serve until SIGTERM or SIGINT; running requests
 * continue. systemd may pass the socket; otherwise the socket's path is printed
 * on standard output, which is then closed. systemd is told when the server is
 * ready. Returns 0; or -1 and why.
 */
int http_run(const struct http_server *, struct failure *);

#endif
