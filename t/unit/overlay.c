/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * An overlay over an image in memory: reads return what was written, wherever
 * the writes end, and after each kind of end of the process.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "check.h"
#include "overlay.h"

#define SIZE  (4096 * 1024 + 512)
#define LIMIT (256 * 1024)
#define IMAGE "url: http://a/b\nsize: 1"

static unsigned char below[SIZE], want[SIZE], got[SIZE];
static char path[] = "/tmp/overlay.XXXXXX";

static int
read_below(void *ctx, void *buf, size_t len, uint64_t offset)
{
	(void)ctx;
	memcpy(buf, below + offset, len);
	return 0;
}

static struct overlay *
open_it(const char *image, uint64_t size, int *status)
{
	FILE *f = fopen(path, "r+e");
	struct fault why = {.status = 0};
	struct overlay *o =
	    overlay_open(dup(fileno(f)), image, size, LIMIT, &why);

	fclose(f);
	*status = why.status;
	return o;
}

static struct overlay *
must_open(void)
{
	int status;
	struct overlay *o = open_it(IMAGE, SIZE, &status);

	CHECK(o != NULL);
	if (o == NULL)
		exit(1);
	return o;
}

static int
write_it(struct overlay *o, uint64_t offset, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		want[offset + i] = (unsigned char)rand();
	return overlay_write(o, want + offset, len, offset);
}

static bool
is_right(struct overlay *o)
{
	memset(got, 0x55, SIZE);
	return overlay_read(o, got, SIZE, 0, read_below, NULL) == 0 &&
	       memcmp(got, want, SIZE) == 0;
}

static void
empty_file(void)
{
	CHECK(truncate(path, 0) == 0);
	memcpy(want, below, SIZE);
}

static void
test_sectors(void)
{
	struct overlay *o = must_open();
	char name[64];

	CHECK(is_right(o));
	CHECK(write_it(o, 0, 512) == 0);
	CHECK(write_it(o, 4096 - 512, 1024) == 0);
	CHECK(write_it(o, SIZE - 512, 512) == 0);
	CHECK(write_it(o, 8192, 0) == 0);
	CHECK(is_right(o));
	/* Read from the middle of a run. */
	CHECK(overlay_read(o, got, 700, 4000, read_below, NULL) == 0);
	CHECK(memcmp(got, want + 4000, 700) == 0);
	CHECK(overlay_write(o, want, 512, 100) == -1 && errno == EINVAL);
	CHECK(overlay_write(o, want, 100, 512) == -1 && errno == EINVAL);
	CHECK(overlay_flush(o) == 0);
	snprintf(name, sizeof(name), "%s", overlay_name(o));
	overlay_close(o);
	o = must_open();
	CHECK(strcmp(name, overlay_name(o)) == 0 && strlen(name) == 32);
	CHECK(is_right(o));
	overlay_close(o);
	empty_file();
	o = must_open();
	CHECK(strcmp(name, overlay_name(o)) != 0);
	overlay_close(o);
}

static void
test_limit(void)
{
	struct overlay *o = must_open();
	unsigned i;
	struct stat st;

	/* One sector takes a whole unit; then the unit's other sectors take no
	 * more room. */
	for (i = 0; i < LIMIT / OVERLAY_UNIT; i++)
		CHECK(write_it(o, (uint64_t)i * OVERLAY_UNIT, 512) == 0);
	CHECK(write_it(o, 512, OVERLAY_UNIT - 512) == 0);
	memcpy(got, want, SIZE);
	CHECK(write_it(o, LIMIT - 512, 1024) == -1 && errno == ENOSPC);
	memcpy(want, got, SIZE);
	CHECK(is_right(o));
	overlay_close(o);
	o = must_open();
	CHECK(overlay_write(o, want, 512, LIMIT) == -1 && errno == ENOSPC);
	CHECK(is_right(o));
	CHECK(stat(path, &st) == 0 && st.st_blocks * 512 < LIMIT + 65536);
	overlay_close(o);
	empty_file();
}

/* All writes of a killed process are there. */
static void
test_killed(void)
{
	struct overlay *o;
	unsigned seed = (unsigned)getpid();
	pid_t pid;
	int i;

	srand(seed);
	pid = fork();
	if (pid == 0) {
		o = must_open();
		for (i = 0; i < 20; i++)
			write_it(o, (uint64_t)(rand() % 40) * 1536, 1536);
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
	/* Draw the same numbers again, to know what it wrote. */
	srand(seed);
	o = must_open();
	for (i = 0; i < 20; i++) {
		uint64_t at = (uint64_t)(rand() % 40) * 1536;
		size_t j;

		for (j = 0; j < 1536; j++)
			want[at + j] = (unsigned char)rand();
	}
	CHECK(is_right(o));
	overlay_close(o);
	empty_file();
}

static void
set_boot(const char *boot)
{
	FILE *f = fopen(path, "r+e");
	char line[256];

	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "boot: ", 6) == 0)
			break;
	fseek(f, -(long)strlen(line) + 6, SEEK_CUR);
	fwrite(boot, 1, strlen(boot), f);
	fclose(f);
}

/* After a reboot, only the writes before the last flush count. */
static void
test_other_boot(void)
{
	struct overlay *o;
	pid_t pid = fork();

	srand(2); /* the seed of the image's bytes was 1 */
	if (pid == 0) {
		o = must_open();
		write_it(o, 0, 4096);
		overlay_flush(o);
		write_it(o, 65536, 4096);
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
	set_boot("00000000-0000-0000-0000-000000000000");
	o = must_open();
	CHECK(overlay_read(o, got, SIZE, 0, read_below, NULL) == 0);
	CHECK(memcmp(got, below, 4096) != 0);
	CHECK(memcmp(got + 4096, below + 4096, SIZE - 4096) == 0);
	/* From now on it belongs to this boot again. */
	memcpy(want, got, SIZE);
	CHECK(write_it(o, 65536, 512) == 0);
	CHECK(is_right(o));
	overlay_close(o);
	o = must_open();
	CHECK(is_right(o));
	overlay_close(o);
	empty_file();
}

static void
test_refusals(void)
{
	struct overlay *o = must_open();
	int status;

	CHECK(open_it(IMAGE, SIZE, &status) == NULL && status == EX_TEMPFAIL);
	overlay_close(o);
	CHECK(open_it("other", SIZE, &status) == NULL && status == EX_DATAERR);
	CHECK(open_it(IMAGE, SIZE + 512, &status) == NULL);
	CHECK(status == EX_DATAERR);
	CHECK(truncate(path, SIZE) == 0);
	CHECK(open_it(IMAGE, SIZE, &status) == NULL && status == EX_DATAERR);
	CHECK(truncate(path, 10) == 0);
	CHECK(open_it(IMAGE, SIZE, &status) == NULL && status == EX_DATAERR);
	empty_file();
}

/* A full disk, by the limit on a file's size. */
static void
test_full_disk(void)
{
	struct rlimit old, small = {100000, RLIM_INFINITY};
	int status;
	struct overlay *o;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK(open_it(IMAGE, SIZE, &status) == NULL && status == EX_CANTCREAT);
	setrlimit(RLIMIT_FSIZE, &old);
	o = must_open();
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK(overlay_write(o, want, 512, SIZE - 512) == -1 && errno == EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK(is_right(o));
	overlay_close(o);
	empty_file();
}

/* After a failed flush, no later write may look as if it were durable. */
static void
test_failed_flush(void)
{
	struct rlimit old, small = {4096, RLIM_INFINITY};
	struct overlay *o = must_open();

	getrlimit(RLIMIT_FSIZE, &old);
	CHECK(write_it(o, 0, 512) == 0);
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK(overlay_flush(o) == -1);
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK(overlay_write(o, want, 512, 512) == -1 && errno == EIO);
	CHECK(overlay_flush(o) == -1 && errno == EIO);
	CHECK(is_right(o));
	overlay_close(o);
	empty_file();
}

#define ETAG_OF(etag) IMAGE "\nvalidator: " etag

/* The weak ETag of a new file becomes a strong one. */
static void
test_identity(void)
{
	int status;
	struct overlay *o;

	o = open_it(ETAG_OF("weak W/\"1\""), SIZE, &status);
	CHECK(o != NULL);
	overlay_close(o);
	o = open_it(ETAG_OF("\"1\""), SIZE, &status);
	CHECK(o != NULL);
	overlay_close(o);
	CHECK(open_it(ETAG_OF("weak W/\"2\""), SIZE, &status) == NULL);
	CHECK(status == EX_DATAERR);
	CHECK(open_it(IMAGE "2\nvalidator: \"1\"", SIZE, &status) == NULL);
	empty_file();
}

int
main(void)
{
	size_t i;

	for (i = 0; i < SIZE; i++)
		want[i] = below[i] = (unsigned char)rand();
	close(mkstemp(path));
	test_sectors();
	test_limit();
	test_killed();
	test_other_boot();
	test_refusals();
	test_full_disk();
	test_failed_flush();
	test_identity();
	unlink(path);
	return check_status();
}
