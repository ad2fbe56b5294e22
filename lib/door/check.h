/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-door's client for vm-ws-proxy: may the sender of this request serve an
 * image?
 */
#ifndef VM_DOOR_CHECK_H
#define VM_DOOR_CHECK_H

#include <stddef.h>

#define CHECK_HEAD_MAX 16384 /* bytes of a request that vm-ws-proxy takes */

/*
 * Ask vm-door whether the client of an HTTP request may serve an image. `head`
 * is the head of the request, which this function changes. The client's
 * credentials are X-Auth-Token, Authorization (Basic), or a token as a
 * subprotocol: TOKEN alone, as pages for bmcweb offer it, or `token.TOKEN`
 * among others. `path` is /vm/N, /nbd/N or /vm/0/0; `peer` is the client's
 * address. If vm-ws-proxy asks for it by VM_WS_WATCH, it gets the connection to
 * vm-door, which ends with the session. Returns an exit status: 0: the client
 * may; 77 (EX_NOPERM): it may not; 76 (EX_PROTOCOL): the request or the path is
 * malformed; 69 (EX_UNAVAILABLE): vm-door does not answer; 71 (EX_OSERR):
 * vm-ws-proxy did not take the connection.
 */
int door_check_request(
    char *head, size_t len, const char *path, const char *peer);

#endif
