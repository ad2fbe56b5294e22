/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The process that unpacks an image, see unpack.h. It has no privileges.
 */
#ifndef VM_FETCHD_UNPACK_JOB_H
#define VM_FETCHD_UNPACK_JOB_H

#include <stdint.h>

#include "fetchd/decompress.h"

enum unpack_kind {
	UNPACK_PROGRESS,
	UNPACK_DONE,
	UNPACK_STREAM, /* xz whose blocks can be decompressed one by one */
	UNPACK_FAILED,
};

/* A message of the process. It is not trusted: it parses a stranger's file. */
struct unpack_news {
	enum unpack_kind kind;
	int status;		    /* for UNPACK_FAILED, as in sysexits(3) */
	uint64_t read, of, written; /* bytes */
	char text[256];		    /* for UNPACK_FAILED, the reason */
};

/* What the process gets from vm-fetchd. */
struct unpack_job {
	const struct compression *compression;
	int nbd, spool, news; /* descriptors */
	uint64_t block_max;
};

/* In the process: decompress the image, and end the process. */
void unpack_run(const struct unpack_job *job) __attribute__((noreturn));

#endif
