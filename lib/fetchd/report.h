/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The one-way line between vm-fetchd's plugin and vm-fetchd: nbdkit can say
 * neither when it is ready nor why it is not, only exit with 1. A report is
 * a line of text, "STATUS TEXT\n": status 0 is "ready", any other is the
 * exit status of sysexits(3) that the failure deserves, with its message.
 */
#ifndef VM_FETCHD_REPORT_H
#define VM_FETCHD_REPORT_H

#include <stddef.h>

/* A status beyond sysexits(3): the image is packed, and TEXT says how. */
#define REPORT_PACKED 200

/* Bytes of a word on the other line, of stats and renewed URLs, with its NUL. */
#define CONTROL_MAX (64 * 1024)

#define REPORT_MAX 1024 /* bytes of a report, its NUL included */

/*
 * Write one report to fd. Control characters in text, which may come from a
 * server, become '?'; what is too long is cut. Returns 0, or -1 with errno.
 */
int report_send(int fd, int status, const char *text);

/*
 * Wait until one whole report has come from fd, or its end. On return text
 * holds the message. Returns the status; or -1 with errno: EPIPE if the
 * other end was closed without a report, EPROTO if it was no report.
 */
int report_receive(int fd, char text[REPORT_MAX]);

#endif
