/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The state while an image is served. supervise.h uses it, and the files that
 * do a part of its work: about.h, download.h, messages.h.
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

/* The download of an image whose server has no ranges: see download.h. */
enum download_state {
	DOWNLOAD_NONE,
	DOWNLOAD_RUNS,
	DOWNLOAD_DONE
};

/* The caller fills in the first part; the rest is all zeros. */
struct supervisor {
	struct nbdkit *nbdkit; /* open */
	struct parameters *parameters;
	const char *socket; /* the path of the socket that nbdkit serves */
	bool only_check;    /* end when the image is ready */
	/* Print a line for people about the source, nbdkit, or the image. */
	void (*say)(const char *line);
	/*
	 * The image is ready. text is the socket's path; with only_check, how
	 * the image can be read. Returns 0, or -1 with errno if it cannot print
	 * the text.
	 */
	int (*on_ready)(const char *text);

	const struct compression
	    *compression;	  /* of a compressed image, or NULL */
	struct export_size check; /* asks if the filter can read it */
	struct unpacking unpacking;
	int64_t unpack_began; /* by clock_ms(); 0: not yet */
	enum download_state download;
	int spool;     /* the file for the download; 0: none */
	bool noted;    /* people were told that it is compressed */
	bool unpacked; /* nbdkit serves the decompressed image ... */
	bool streamed; /* ... which its filter decompresses */
	bool ready;    /* on_ready() has been called */
	bool refused;  /* nbdkit could not start again */
	struct restart restart;
	char identity[CONTROL_MAX]; /* the plugin's description of the image */
	char sum[SUM_SIZE]; /* SHA-256 that the image must have; "": unknown */
	char adopted[CONTROL_MAX]; /* lines: its other validators */
	char renewal[CONTROL_MAX]; /* sent to the plugin, and secret */
	char source[16]; /* state of the source, a word; "": unknown */
};

#endif
