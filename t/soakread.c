/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * soakread: read a block device until standard input says "end", with one
 * thread in sequence and one at random, and compare every block with a file.
 * O_DIRECT bypasses the host's cache, and the cache of the device behind it is
 * dropped before each read. So every byte comes from the source, through all
 * programs.
 *
 * A line on standard input names the next phase, which counts the reads from
 * there on. The next name ends the phase, and is answered with a line about it:
 *
 *	NAME SECONDS SEQUENTIAL-BYTES RANDOM-BYTES ERRORS SLOWEST-READ-MS
 *
 * A wrong byte ends the program.
 *
 * Exit status: 0; 3 a byte was wrong; else a status of sysexits(3).
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <linux/fs.h>

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"

#define MISMATCH	3
#define SEQUENTIAL_SIZE ((size_t)128 << 10) /* as a kernel reads */
#define RANDOM_SIZE	((size_t)4 << 10)
#define ALIGNMENT	4096
#define ERROR_PAUSE_MS	100 /* after a failed read */

struct reader {
	pthread_t thread;
	bool is_random;
	unsigned seed;
	_Atomic uint64_t bytes, errors;
	_Atomic int64_t slowest; /* ms */
};

static const char *device, *backing;
static const unsigned char *image;
static uint64_t size;
static _Atomic bool stopping;

static void
sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&t, NULL);
}

static void
check(const struct reader *r, const unsigned char *bytes, size_t len,
    uint64_t offset)
{
	size_t i;

	if (memcmp(bytes, image + offset, len) == 0)
		return;
	for (i = 0; bytes[i] == image[offset + i]; i++)
		continue;
	warnx("WRONG BYTE at %" PRIu64 " (%s read)", offset + i,
	    r->is_random ? "random" : "sequential");
	_exit(MISMATCH);
}

static void *
read_all(void *arg)
{
	struct reader *r = arg;
	size_t len = r->is_random ? RANDOM_SIZE : SEQUENTIAL_SIZE;
	int fd = open(device, O_RDONLY | O_DIRECT | O_CLOEXEC);
	int behind = open(backing, O_RDONLY | O_CLOEXEC);
	uint64_t at = 0;
	int64_t begun, took;
	void *buf;
	ssize_t n;

	if (fd == -1 || behind == -1 || posix_memalign(&buf, ALIGNMENT, len))
		err(EX_OSERR, "unable to open %s, %s", device, backing);
	while (!stopping) {
		if (r->is_random)
			at = (uint64_t)rand_r(&r->seed) % (size / RANDOM_SIZE) *
			     RANDOM_SIZE;
		posix_fadvise(
		    behind, (off_t)at, (off_t)len, POSIX_FADV_DONTNEED);
		begun = clock_ms();
		n = pread(fd, buf, len, (off_t)at);
		took = clock_ms() - begun;
		if (took > r->slowest)
			r->slowest = took;
		if (n > 0) {
			check(r, buf, (size_t)n, at);
			r->bytes += (uint64_t)n;
			at += (uint64_t)n;
		} else {
			r->errors++;
			at += len;
			sleep_ms(ERROR_PAUSE_MS);
		}
		if (at >= size)
			at = 0;
	}
	return NULL;
}

static void
map_image(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		err(EX_NOINPUT, "unable to open %s", path);
	size = (uint64_t)st.st_size;
	image = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		err(EX_OSERR, "unable to map %s", path);
}

int
main(int argc, char **argv)
{
	struct reader readers[2] = {{.is_random = false}, {.is_random = true}};
	char line[64], phase[64] = "";
	int64_t begun = clock_ms(), slowest;
	int i;

	if (argc != 5) {
		fputs("usage: soakread SEED DEVICE BACKING-DEVICE FILE\n",
		    stderr);
		return EX_USAGE;
	}
	readers[1].seed = (unsigned)strtoul(argv[1], NULL, 10);
	device = argv[2];
	backing = argv[3];
	map_image(argv[4]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < 2; i++)
		if (pthread_create(
			&readers[i].thread, NULL, read_all, &readers[i]) != 0)
			errx(EX_OSERR, "unable to start a thread");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "end") == 0)
			break;
		slowest = readers[0].slowest > readers[1].slowest
			      ? readers[0].slowest
			      : readers[1].slowest;
		if (phase[0] != '\0')
			printf("%s %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			       " %" PRId64 "\n",
			    phase, (clock_ms() - begun) / 1000,
			    readers[0].bytes, readers[1].bytes,
			    readers[0].errors + readers[1].errors, slowest);
		for (i = 0; i < 2; i++) {
			readers[i].bytes = readers[i].errors = 0;
			readers[i].slowest = 0;
		}
		strcpy(phase, line);
		begun = clock_ms();
	}
	stopping = true;
	for (i = 0; i < 2; i++)
		pthread_join(readers[i].thread, NULL);
	return 0;
}
