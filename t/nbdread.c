/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * nbdread: read from an NBD server on a Unix socket (-: descriptor 0 is the
 * connection), in the order and the sizes that a test needs; print the data, or
 * compare them with a file.
 *
 * Exit status: 0; 1 the server answered with an error; 2 no connection, or it
 * was lost; 3 the data differ from the file's; else a status of sysexits(3).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libnbd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"

enum {
	SERVER_ERROR = 1,
	NO_CONNECTION = 2,
	MISMATCH = 3
};

#define RANDOM_SIZE 4096
#define MAX_REQUEST (UINT64_C(32) << 20) /* every server must accept it */
#define PARALLEL    16			 /* requests at the same time */

/* One request in flight. */
struct request {
	uint64_t offset;
	size_t len;
	char *data;
	int64_t cookie;
};

/* What to read: `count` requests of `size` bytes; the last may be shorter. */
struct job {
	uint64_t offset, length, size, count;
	unsigned depth;
	bool random;
	unsigned short seed[3];
	const char *path; /* the file to compare with, or NULL */
	int fd;
	bool timed;
	double *took; /* milliseconds of each request, if timed */
};

static struct nbd_handle *h;

static void
usage(FILE *out)
{
	fputs("usage: nbdread [-pt] [-f FILE] [-S REQUEST] SOCKET|- OFFSET "
	      "LENGTH\n"
	      "       nbdread [-pt] [-f FILE] [-r SEED] -n COUNT SOCKET|-\n"
	      "       nbdread -d | -s SOCKET|-\n"
	      "  -d  print the export's description\n"
	      "  -f  compare with FILE instead of writing the data\n"
	      "  -n  read COUNT blocks of 4 KiB at random\n"
	      "  -p  16 requests at a time instead of one\n"
	      "  -S  bytes for each request (32M)\n"
	      "  -s  print the export's size\n"
	      "  -t  instead of data print seconds, MB/s, and the requests'\n"
	      "      median and longest milliseconds\n",
	    out);
	exit(out == stderr ? EX_USAGE : EX_OK);
}

static uint64_t
size_or_die(const char *text, uint64_t min, uint64_t max)
{
	uint64_t n;

	if (number_parse_size(text, min, max, &n) == -1)
		err(EX_USAGE, "unable to use the number %s", text);
	return n;
}

/* libnbd makes the connection non-blocking; restore it for the programs that
 * use the connection after us. */
static void
restore_blocking(void)
{
	fcntl(0, F_SETFL, fcntl(0, F_GETFL) & ~O_NONBLOCK);
}

/* Tests send requests beyond the export to see that the server checks bounds.
 * So libnbd itself must not reject them. */
static void
connect_or_die(const char *path)
{
	h = nbd_create();
	if (strcmp(path, "-") == 0)
		atexit(restore_blocking);
	if (h == NULL || nbd_set_strict_mode(h, 0) == -1 ||
	    nbd_set_full_info(h, true) == -1 ||
	    (strcmp(path, "-") == 0 ? nbd_connect_socket(h, dup(0))
				    : nbd_connect_unix(h, path)) == -1)
		errx(NO_CONNECTION, "unable to connect to %s: %s", path,
		    nbd_get_error());
}

static uint64_t
export_size(void)
{
	int64_t size = nbd_get_size(h);

	if (size == -1)
		errx(SERVER_ERROR, "unable to get the size: %s",
		    nbd_get_error());
	return (uint64_t)size;
}

static void
print_description(void)
{
	char *text = nbd_get_export_description(h);

	if (text == NULL || puts(text) == EOF)
		errx(SERVER_ERROR, "unable to print the description: %s",
		    nbd_get_error());
	free(text);
}

static void
start_request(struct job *job, struct request *r, uint64_t n)
{
	if (job->random)
		n = (uint64_t)nrand48(job->seed) % (job->length / job->size);
	r->offset = job->offset + n * job->size;
	r->len = job->size;
	if (job->length - n * job->size < job->size)
		r->len = job->length - n * job->size;
	r->cookie = nbd_aio_pread(
	    h, r->data, r->len, r->offset, NBD_NULL_COMPLETION, 0);
}

/* Distinguish a lost connection from an error that the server returned. */
static void
finish_request(struct request *r)
{
	int done = -1;

	if (r->cookie != -1)
		while ((done = nbd_aio_command_completed(h, r->cookie)) == 0)
			if (nbd_poll(h, -1) == -1)
				break;
	if (done == 1)
		return;
	errno = nbd_get_errno();
	err(nbd_aio_is_ready(h) == 1 ? SERVER_ERROR : NO_CONNECTION,
	    "unable to read %zu bytes at %" PRIu64, r->len, r->offset);
}

static void
compare(const struct job *job, const struct request *r)
{
	char *want = malloc(r->len);
	size_t i;

	if (want == NULL)
		err(EX_OSERR, "unable to compare");
	memset(want, 0, r->len); /* an export may be padded with zeros */
	if (pread(job->fd, want, r->len, (off_t)r->offset) == -1)
		err(EX_IOERR, "unable to read %s", job->path);
	for (i = 0; i < r->len && r->data[i] == want[i]; i++)
		continue;
	if (i < r->len)
		errx(MISMATCH, "the data differ from %s at %" PRIu64, job->path,
		    r->offset + i);
	free(want);
}

static double
now_ms(void)
{
	return (double)clock_us() / 1e3;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
print_times(const struct job *job, double ms)
{
	uint64_t bytes = job->random ? job->count * job->size : job->length;

	qsort(job->took, job->count, sizeof(*job->took), by_size);
	printf("%.3f %.1f %.2f %.2f\n", ms / 1e3, (double)bytes / ms / 1e3,
	    job->took[job->count / 2], job->took[job->count - 1]);
}

static void
use_data(const struct job *job, const struct request *r)
{
	if (job->path != NULL)
		compare(job, r);
	else if (!job->random && !job->timed &&
		 fwrite(r->data, 1, r->len, stdout) != r->len)
		err(EX_IOERR, "unable to write");
}

/* Start up to `depth` requests, wait for all of them, and repeat. */
static void
run_job(struct job *job)
{
	struct request batch[PARALLEL];
	double begun = now_ms(), batch_begun;
	uint64_t n = 0;
	unsigned i, started;

	for (i = 0; i < job->depth; i++) {
		batch[i].data = malloc(job->size);
		if (batch[i].data == NULL)
			err(EX_OSERR, "unable to read");
	}
	while (n < job->count) {
		batch_begun = now_ms();
		for (started = 0; started < job->depth && n < job->count;
		     started++)
			start_request(job, &batch[started], n++);
		for (i = 0; i < started; i++) {
			finish_request(&batch[i]);
			if (job->timed)
				job->took[n - started + i] =
				    now_ms() - batch_begun;
		}
		for (i = 0; i < started; i++)
			use_data(job, &batch[i]);
	}
	if (job->timed)
		print_times(job, now_ms() - begun);
	if (fflush(stdout) == EOF)
		err(EX_IOERR, "unable to write");
	for (i = 0; i < job->depth; i++)
		free(batch[i].data);
}

/* Fill in the rest of the job from the arguments, or from the export. */
static void
plan_job(struct job *job, char **argv)
{
	if (job->random) {
		job->size = RANDOM_SIZE;
		job->length = export_size();
		if (job->length < RANDOM_SIZE)
			errx(EX_DATAERR, "unable to read 4 KiB of so little");
		job->length -= job->length % RANDOM_SIZE;
	} else {
		job->offset = size_or_die(argv[1], 0, INT64_MAX);
		job->length = size_or_die(argv[2], 1, INT64_MAX);
		if (job->size > job->length)
			job->size = job->length;
		job->count = (job->length - 1) / job->size + 1;
	}
	if (job->timed) {
		job->took = calloc(job->count, sizeof(*job->took));
		if (job->took == NULL)
			err(EX_OSERR, "unable to take times");
	}
	if (job->path == NULL)
		return;
	job->fd = open(job->path, O_RDONLY | O_CLOEXEC);
	if (job->fd == -1)
		err(EX_NOINPUT, "unable to open %s", job->path);
}

int
main(int argc, char **argv)
{
	struct job job = {.size = MAX_REQUEST, .depth = 1, .fd = -1};
	int c, what = 0;

	while ((c = getopt(argc, argv, "df:hn:pr:S:st")) != -1)
		switch (c) {
		case 'd':
		case 's':
			what = c;
			break;
		case 'f':
			job.path = optarg;
			break;
		case 'h':
			usage(stdout);
			break;
		case 'n':
			job.random = true;
			job.count = size_or_die(optarg, 1, UINT32_MAX);
			break;
		case 'p':
			job.depth = PARALLEL;
			break;
		case 'r':
			job.seed[0] = size_or_die(optarg, 0, UINT16_MAX);
			break;
		case 'S':
			job.size = size_or_die(optarg, 1, MAX_REQUEST);
			break;
		case 't':
			job.timed = true;
			break;
		default:
			usage(stderr);
		}
	argv += optind;
	if (argc - optind != (what != 0 || job.random ? 1 : 3))
		usage(stderr);
	connect_or_die(argv[0]);
	if (what == 'd') {
		print_description();
	} else if (what == 's') {
		printf("%" PRIu64 "\n", export_size());
	} else {
		plan_job(&job, argv);
		run_job(&job);
		free(job.took);
	}
	nbd_close(h);
	return EX_OK;
}
