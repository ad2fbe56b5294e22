/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sysexits.h>

#include "store/hasher.h"
#include "store/import.h"

/* Write this much again: a power cut may have lost the last bytes written. */
#define WRITTEN_AGAIN (16u << 20) /* bytes: two windows of target.c */

struct job {
	const struct import *import;
	struct hasher hasher;
	uint64_t done; /* bytes given to the hasher */
	struct failure *why;
};

static int
fail_limit(
    const struct import *im, const struct source *from, struct failure *why)
{
	return fail(why, EX_CANTCREAT,
	    "unable to import %s: it has more than the %ju bytes that are "
	    "allowed",
	    from->shown, (uintmax_t)im->limit);
}

static int
fail_size(const struct import *im, const struct source *from, uint64_t has,
    struct failure *why)
{
	const char *more = has > im->size ? " or more" : "";

	return fail(why, EX_DATAERR,
	    "unable to import %s: it has %ju bytes%s, and should have %ju",
	    from->shown, (uintmax_t)has,
	    from->kind == SOURCE_STREAM ? more : "", (uintmax_t)im->size);
}

int
import_check(const struct import *im, struct source *from, struct failure *why)
{
	bool is_rounded =
	    from->kind == SOURCE_DEVICE || from->kind == SOURCE_NBD;

	if (is_rounded && im->size != IMPORT_ANY && from->size > im->size)
		from->size = im->size;
	if (from->kind == SOURCE_STREAM) {
		if (im->size != IMPORT_ANY && im->size > im->limit)
			return fail_limit(im, from, why);
		return 0;
	}
	if (im->size != IMPORT_ANY && from->size != im->size)
		return fail_size(im, from, from->size, why);
	return from->size > im->limit ? fail_limit(im, from, why) : 0;
}

/*
 * Hash the bytes of a source until it ends or job->done reaches end, and write
 * them to the target unless it is NULL.
 */
static int
pump(struct job *job, struct source *from, struct target *to, uint64_t end)
{
	const struct import *im = job->import;
	unsigned char *buf;
	size_t len;
	ssize_t n;

	while (job->done < end) {
		buf = hasher_buffer(&job->hasher);
		len = HASHER_BUFFER;
		if (len > end - job->done)
			len = (size_t)(end - job->done);
		n = source_read(from, buf, len, job->why);
		if (n <= 0)
			return (int)n;
		hasher_put(&job->hasher, (size_t)n);
		if (to != NULL &&
		    target_write(to, buf, (size_t)n, job->why) == -1)
			return -1;
		job->done += (uint64_t)n;
		if (im->progress != NULL)
			im->progress(job->done, from->size != SOURCE_UNKNOWN
						    ? from->size
						    : im->size);
	}
	return 0;
}

/* Take all bytes of a stream, and check that it has no more than allowed. */
static int
take_stream(struct job *job, struct source *from, struct target *to)
{
	const struct import *im = job->import;
	uint64_t end = im->size < im->limit ? im->size : im->limit;
	unsigned char more;
	ssize_t n;

	if (pump(job, from, to, end) == -1)
		return -1;
	n = job->done < end ? 0 : source_read(from, &more, 1, job->why);
	if (n == -1)
		return -1;
	if (im->size != IMPORT_ANY && (n > 0 || job->done < im->size))
		return fail_size(im, from, job->done + (uint64_t)n, job->why);
	return n > 0 ? fail_limit(im, from, job->why) : 0;
}

/* Hash what the target has from an earlier run, and prepare to continue after
 * it. */
static int
take_again(struct job *job, const struct source *from, struct target *to)
{
	uint64_t keep = to->size;
	struct source written = {.kind = SOURCE_FILE,
	    .fd = to->fd,
	    .lease = -1,
	    .shown = to->shown,
	    .size = from->size};

	if (target_is_file(to, &from->first))
		return fail(job->why, EX_USAGE,
		    "unable to copy %s: %s is the same file", from->shown,
		    to->shown);
	if (keep > from->size)
		return fail(job->why, EX_DATAERR,
		    "unable to go on with %s: it has %ju bytes, and %s has %ju",
		    to->shown, (uintmax_t)keep, from->shown,
		    (uintmax_t)from->size);
	keep = keep > WRITTEN_AGAIN ? keep - WRITTEN_AGAIN : 0;
	if (source_begin(&written, 0, job->why) == -1 ||
	    pump(job, &written, NULL, keep) == -1)
		return -1;
	if (job->done < keep)
		return fail(job->why, EX_TEMPFAIL,
		    "unable to go on with %s: somebody cut it off", to->shown);
	return target_continue(to, keep, job->why);
}

/* Take a source whose size is known from the beginning. */
static int
take_sized(struct job *job, struct source *from, struct target *to)
{
	struct source cloned;

	if (to != NULL && from->kind == SOURCE_FILE &&
	    target_clone(to, from->fd) == 0) {
		/* Hash the copy, because nobody else has it open. The lease on
		 * the source is still watched. */
		cloned = *from;
		cloned.fd = to->fd;
		from = &cloned;
		to = NULL;
	} else if (to != NULL) {
		if (target_reserve(to, from->size, job->why) == -1)
			return -1;
		if (to->size > 0 && !to->is_device &&
		    take_again(job, from, to) == -1)
			return -1;
	}
	if (source_begin(from, job->done, job->why) == -1 ||
	    pump(job, from, to, from->size) == -1)
		return -1;
	if (job->done == from->size)
		return 0;
	return fail(job->why,
	    from->kind == SOURCE_FILE ? EX_TEMPFAIL : EX_IOERR,
	    "unable to import %s: it has become shorter", from->shown);
}

int
import_copy(const struct import *im, struct source *from, struct target *to,
    char sum[SUM_SIZE], uint64_t *size, struct failure *why)
{
	struct job job = {.import = im, .why = why};
	int failed;

	if (hasher_begin(&job.hasher) == -1)
		return fail_errno(why, EX_OSERR, "unable to start a thread");
	if (from->kind != SOURCE_STREAM)
		failed = take_sized(&job, from, to);
	else if (to != NULL && im->size != IMPORT_ANY &&
		 target_reserve(to, im->size, why) == -1)
		failed = -1;
	else
		failed = take_stream(&job, from, to);
	hasher_end(&job.hasher, sum);
	*size = job.done;
	if (failed == 0 && to != NULL)
		failed = target_finish(to, why);
	if (failed == 0)
		failed = source_check(from, why);
	return failed;
}
