/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What vm-fetchd's plugin tells vm-fetchd. nbdkit cannot say that it is ready,
 * nor why it is not: it only exits with 1.
 *
 * The report, once for each start of nbdkit, goes through a pipe. It is a line
 * "STATUS CAUSE TEXT\n"; CAUSE is a word of base/cause.h, or "-" for the usual one
 * and where there is no failure:
 *
 *	0 - TEXT	ready; TEXT says how fast the image can be read
 *	200 - xz|gz|...	the image is compressed, by its first bytes: start
 *			nbdkit again with unpacked=1, to decompress it
 *	201 - SIZE ...	the server has no ranges: start nbdkit again with
 *			file-fd=, room= and download=1, to download an image of
 *			that many bytes (0: not known)
 *	202 - ...	it was downloaded: start nbdkit again to serve the file
 *	STATUS CAUSE TEXT
 *			not ready: an exit status of sysexits(3), the cause,
 *			and a message
 *
 * An image that is reported ready without unpacked=1 is not compressed.
 *
 * The control socket (SOCK_DGRAM) stays open. A datagram of the plugin's is one
 * of these:
 *
 *	url: ...	the image's identity, some lines: pass it as identity=
 *			when nbdkit is started again
 *	adopted:		lines follow, each a validator that the image
 *			has, too: pass them as adopted=
 *	note: TEXT	a line for people that is no error
 *	waiting: TEXT	why the image is not open yet
 *	verifying: ..., downloading: ...	how far that is
 *	sha256: HEX	what the image's must be (tell-sum=1)
 *	{...}		the statistics, as JSON
 *
 * A datagram of vm-fetchd's is a URL to use from now on.
 */
#ifndef VM_FETCHD_REPORT_H
#define VM_FETCHD_REPORT_H

#include <stddef.h>

#include "base/cause.h"

/* A status beyond sysexits(3): the image is compressed, and TEXT says how. */
#define REPORT_PACKED 200
/* Others: the image must be downloaded whole, or has been. */
#define REPORT_WHOLE	  201
#define REPORT_DOWNLOADED 202

/* Bytes of a datagram, its NUL included. */
#define CONTROL_MAX (64 * 1024)

/* A message of the plugin: what was renewed has been used for a read. */
#define NOTE_RENEWED "note: the URL was renewed"

#define ADOPTED_HEAD "adopted:\n"

#define REPORT_MAX 1024 /* bytes of a report, its NUL included */

/*
 * Write one report to fd. Control characters in text, which may come from a
 * server, become '?'; a text that is too long is cut. Returns 0, or -1 with
 * errno.
 */
int report_send(int fd, int status, enum cause, const char *text);

/*
 * Take the report that poll(2) tells of at fd, or its end, with one read(2): it
 * must not wait for a writer that has been taken over. On return text holds the
 * message, and *cause the cause. Returns the status; or -1 with errno: EPIPE if
 * the other end was closed without a report, EPROTO if what came was not one
 * whole report.
 */
int report_receive(int fd, enum cause *cause, char text[REPORT_MAX]);

#endif
