/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Readiness for systemd, where it started us (sd_notify(3), Type=notify).
 */
#ifndef VM_UNIX_SD_NOTIFY_H
#define VM_UNIX_SD_NOTIFY_H

/*
 * Say "READY=1" to the socket in $NOTIFY_SOCKET. Nothing where there is none;
 * a failure is systemd's to notice, by its time limit.
 */
void notify_ready(void);

/*
 * Send text to that socket, whose name is as in $NOTIFY_SOCKET, and a descriptor with
 * it, or -1. Returns 0; or -1 if there is no such socket.
 */
int notify_send(const char *socket, const char *text, int fd);

#endif
