/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The messages between vm-fetchd and its plugin. nbdkit itself cannot tell that
 * it is ready, nor why not: it only exits with 1.
 *
 * The plugin sends one report for each start of nbdkit, through a pipe. It is a
 * line "STATUS CAUSE TEXT\n". CAUSE is a word of base/cause.h, or "-" for the
 * usual cause or without a failure:
 *
 *	0 - TEXT	ready; TEXT says how fast the image can be read
 *	200 - xz|gz|...	the image is compressed, as its first bytes tell: start
 *			nbdkit again with unpacked=1, to decompress it
 *	201 - SIZE ...	the server has no ranges: start nbdkit again with
 *			file-fd=, room= and download=1, to download an image of
 *			that many bytes (0: not known)
 *	202 - ...	the image was downloaded: start nbdkit again to serve it
 *	STATUS CAUSE TEXT
 *			not ready: an exit status of sysexits(3), the cause,
 *			and a message
 *
 * An image that is reported ready without unpacked=1 is not compressed.
 *
 * The control socket (SOCK_DGRAM) stays open. A datagram from the plugin is one
 * of these:
 *
 *	url: ...	the image's identity, in some lines: pass it as
 *			identity= when nbdkit is started again
 *	adopted:		lines follow; each is another validator of the
 *			image: pass them as adopted=
 *	note: TEXT	a line for people that is no error
 *	waiting: TEXT	why the image is not open yet
 *	verifying: ..., downloading: ...	the progress
 *	sha256: HEX	the SHA-256 that the image must have (tell-sum=1)
 *	{...}		the statistics, as JSON
 *
 * A datagram from vm-fetchd has renewed values, in the format of renewal.h.
 */
#ifndef VM_FETCHD_REPORT_H
#define VM_FETCHD_REPORT_H

#include <stddef.h>

#include "base/cause.h"

/* A status beyond sysexits(3): the image is compressed; TEXT is the format. */
#define REPORT_PACKED 200
/* Others: the image must be downloaded whole, or has been. */
#define REPORT_WHOLE	  201
#define REPORT_DOWNLOADED 202

/* Bytes of a datagram, its NUL included. */
#define CONTROL_MAX (64 * 1024)

/* A message of the plugin: a read has used the renewed values. */
#define NOTE_RENEWED "note: the URL was renewed"

#define ADOPTED_HEAD "adopted:\n"

#define REPORT_MAX 1024 /* bytes of a report, its NUL included */

/*
 * Write one report to fd. The text may come from a server: control characters
 * become '?', and a long text is cut. Returns 0, or -1 with errno.
 */
int report_send(int fd, int status, enum cause, const char *text);

/*
 * Read the report, or the end of file, when poll(2) says that fd is readable.
 * This is one read(2), because a compromised writer must not make us wait. Sets
 * text to the message, and *cause to the cause. Returns the status; or -1 with
 * errno: EPIPE if the other end was closed without a report, EPROTO if the
 * bytes are not one whole report.
 */
int report_receive(int fd, enum cause *cause, char text[REPORT_MAX]);

#endif
