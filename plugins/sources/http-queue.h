/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Servers that serve one connection at a time, and keep it open: requests on
 * other connections wait in the server's queue until the first connection is
 * closed.
 */
#ifndef VM_SOURCES_HTTP_QUEUE_H
#define VM_SOURCES_HTTP_QUEUE_H

#include "sources/http-state.h"

/* A complete answer has come. */
void http_queue_note(struct connection *);

/*
 * If all answers have come by one TCP connection, and requests on others wait
 * for much longer than usual, use only that connection from now on. The
 * transfers that wait end with FAULT_AGAIN.
 */
void http_queue_leave(struct http *);

#endif
