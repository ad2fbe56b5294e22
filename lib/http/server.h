/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A server of requests by SCGI for programs without rights, which make a process
 * for each request: listening, giving up rights, accepting.
 */
#ifndef VM_HTTP_SERVER_H
#define VM_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct http_server {
	const char *socket; /* where it listens, if systemd passes no socket */
	const char *group;  /* who may connect, too; NULL: nobody */
	const char *user;   /* whom it becomes, where it is root */
	uint64_t requests;  /* at once, without those that have a place */
	unsigned places;    /* for processes that take long (unix/places.h) */
	/* In a process of its own: answer the request of that connection. The
	 * process ends when this returns. */
	void (*answer)(int fd, bool is_too_many);
	/* Say what goes wrong meanwhile, as warn(3) does. */
	void (*warn)(const char *format, ...)
	    __attribute__((format(printf, 1, 2)));
};

/*
 * Give up, before anything is read from the network: the user, other programs,
 * sockets that are not Unix ones, and opening files for writing (unix/sandbox.h).
 * No other process may read the memory, through which passwords pass. Returns 0;
 * or -1 and why, and the caller must end.
 */
int http_give_up_rights(const struct http_server *, struct failure *);

/*
 * Listen, give up rights, and serve until SIGTERM or SIGINT; requests under way go
 * on. systemd may pass the socket, and is told when it is ready; otherwise the socket
 * is printed on standard output, which is then closed. Returns 0; or -1 and why.
 */
int http_run(const struct http_server *, struct failure *);

#endif
