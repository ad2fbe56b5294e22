/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Tell systemd that a service is ready, if systemd started it (sd_notify(3),
 * Type=notify).
 */
#ifndef VM_UNIX_SD_NOTIFY_H
#define VM_UNIX_SD_NOTIFY_H

/*
 * Send "READY=1" to the socket in $NOTIFY_SOCKET. Without that variable, do
 * nothing. A failure is not reported: systemd notices it by its time limit.
 */
void notify_ready(void);

/*
 * Send text, and the descriptor fd unless it is -1, to such a socket, whose
 * name has the form of $NOTIFY_SOCKET. Returns 0, or -1 if there is no such
 * socket.
 */
int notify_send(const char *socket, const char *text, int fd);

#endif
