/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What is known while an image is served: supervise.h is at the top, and the files
 * that take a part of its work (about.h, download.h, messages.h) lie between.
 */
#ifndef VM_FETCHD_SUPERVISOR_H
#define VM_FETCHD_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/restart.h"
#include "base/sums.h"
#include "fetchd/decompress.h"
#include "fetchd/nbdkit.h"
#include "fetchd/parameters.h"
#include "fetchd/report.h"
#include "fetchd/unpack.h"
#include "nbd/export-size.h"

/* An image of a server without ranges: download.h. */
enum download_state {
	DOWNLOAD_NONE,
	DOWNLOAD_RUNS,
	DOWNLOAD_DONE
};

/* The caller fills in the first part; the rest is all zeros. */
struct supervisor {
	struct nbdkit *nbdkit; /* open */
	struct parameters *parameters;
	const char *socket; /* the path of what nbdkit serves */
	bool only_check;    /* end when it is ready */
	/* A line for people: about the source, nbdkit, or the image. */
	void (*say)(const char *line);
	/*
	 * It is ready: text is the socket, with only_check what the way to the
	 * image is like. Returns 0, or -1 with errno where nobody could be told.
	 */
	int (*on_ready)(const char *text);

	const struct compression
	    *compression;	  /* of a compressed image, or NULL */
	struct export_size check; /* asks if it can be decompressed */
	struct unpacking unpacking;
	int64_t unpack_began; /* by clock_ms(); 0: not yet */
	enum download_state download;
	int spool;     /* the file that was downloaded; 0: none */
	bool noted;    /* people know that the image is compressed */
	bool unpacked; /* nbdkit serves the decompressed image ... */
	bool streamed; /* ... which its filter decompresses */
	bool ready;    /* on_ready() has been called */
	bool refused;  /* nbdkit could not start again */
	struct restart restart;
	char identity[CONTROL_MAX]; /* the plugin's description of the image */
	char sum[SUM_SIZE]; /* the SHA-256 that it must have; "": not known */
	char adopted[CONTROL_MAX]; /* lines: validators that it has, too */
	char renewal[CONTROL_MAX]; /* sent to the plugin, and secret */
	char source[16]; /* how the source is, in a word; "": not known */
};

#endif
