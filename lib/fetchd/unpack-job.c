/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "fetchd/unpack-job.h"
#include "image/packed.h"
#include "image/probe.h"
#include "nbd/read-export.h"

#define PROGRESS_MS   1000
#define NOT_FOUND     127 /* exit status if there is no such program */
#define GZIP_TRAILER  8	  /* bytes: CRC-32 and size (RFC 1952) */
#define XZ_STREAM_MIN IMAGE_CD_MIN

static char buffer[READ_EXPORT_MAX];

struct unpacker {
	const struct unpack_job *job;
	struct image_reader reader; /* of the packed file */
	uint64_t read, of;	    /* bytes read, of how many */
	int64_t told;		    /* when progress was last told, ms */
	int to;			    /* where the packed bytes go */
	pid_t program;		    /* 0: there is none */
	bool looked;		    /* look_at_image() was called */
};

/* --- news -------------------------------------------------------------- */

static uint64_t
written(const struct unpacker *u)
{
	struct stat st;

	return fstat(u->job->spool, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void
tell(const struct unpacker *u, enum unpack_kind kind, int status,
    const char *text)
{
	struct unpack_news news;

	memset(&news, 0, sizeof(news));
	news.kind = kind;
	news.status = status;
	news.read = u->read;
	news.of = u->of;
	news.written = written(u);
	snprintf(news.text, sizeof(news.text), "%s", text);
	send(u->job->news, &news, sizeof(news), MSG_NOSIGNAL);
}

static void __attribute__((noreturn)) end(const struct unpacker *u,
    enum unpack_kind kind, int status, const char *text)
{
	tell(u, kind, status, text);
	_exit(0);
}

/* Returns how many bytes may be written, if this limit is reached; else 0. */
static uint64_t
limit_reached(const struct unpacker *u)
{
	/* xz(1) and zstd(1) share this descriptor, and seek over zeros: the
	 * position may be beyond the end of the file. */
	off_t at = lseek(u->job->spool, 0, SEEK_CUR);
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == -1 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return 0;
	if (written(u) < limit.rlim_cur && (uint64_t)at < limit.rlim_cur)
		return 0;
	return limit.rlim_cur;
}

static void __attribute__((noreturn)) end_damaged(const struct unpacker *u)
{
	uint64_t limit = limit_reached(u);
	char text[256];

	if (limit > 0) {
		snprintf(text, sizeof(text),
		    "decompressed it has more than %" PRIu64
		    " MiB, and there is no room for more",
		    limit >> 20);
		end(u, UNPACK_FAILED, EX_CANTCREAT, text);
	}
	compression_failure(u->job->compression, text, sizeof(text));
	end(u, UNPACK_FAILED, EX_DATAERR, text);
}

static void __attribute__((noreturn)) end_unread(const struct unpacker *u)
{
	end(u, UNPACK_FAILED, EX_IOERR, "unable to read it to its end");
}

/* --- looking at it ----------------------------------------------------- */

static int
read_packed(void *ctx, void *buf, size_t len, uint64_t off)
{
	const struct unpacker *u = ctx;

	return read_export(u->job->nbd, buf, len, off);
}

/* End the job if the decompressed file is no image, but an archive or text. */
static void
look_at_image(struct unpacker *u)
{
	static char head[1 << 20];
	struct image_info info;

	u->looked = true;
	if (pread(u->job->spool, head, sizeof(head), 0) != sizeof(head))
		return;
	image_probe_head(head, sizeof(head), sizeof(head), &info);
	if (info.foreign != NULL)
		end(u, UNPACK_FAILED, EX_DATAERR, info.foreign->reason);
}

/*
 * End the job if nbdkit can unpack the blocks of this xz file while they are
 * read. The file must have several blocks, each small enough for memory, and
 * the image must need no padding.
 */
static void
look_at_xz(struct unpacker *u)
{
	struct image_xz xz;
	int n = image_parse_xz(&u->reader, &xz);

	if (n == -1)
		end_unread(u);
	if (n == 1 && xz.blocks > 1 && xz.largest <= u->job->block_max &&
	    xz.size >= XZ_STREAM_MIN && xz.size % IMAGE_CD_BLOCK == 0)
		end(u, UNPACK_STREAM, 0, "");
}

/* --- the program ------------------------------------------------------- */

static void
start_program(struct unpacker *u)
{
	const char *const *argv = u->job->compression->argv;
	int pipes[2], null;

	if (pipe2(pipes, O_CLOEXEC) == -1)
		end(u, UNPACK_FAILED, EX_OSERR, "unable to make a pipe");
	u->program = fork();
	if (u->program == -1)
		end(u, UNPACK_FAILED, EX_OSERR, "unable to start a process");
	if (u->program == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (dup2(pipes[0], STDIN_FILENO) != -1 &&
		    dup2(u->job->spool, STDOUT_FILENO) != -1 &&
		    dup2(null, STDERR_FILENO) != -1)
			execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(NOT_FOUND);
	}
	close(pipes[0]);
	u->to = pipes[1];
}

/* Returns false if the program has stopped reading: it needs no more bytes. */
static bool
put(struct unpacker *u, const void *bytes, size_t len)
{
	const char *p = bytes;
	ssize_t n;

	while (len > 0) {
		n = write(u->to, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && u->program == 0)
			end_damaged(u);
		if (n == -1)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static void
finish_program(struct unpacker *u)
{
	const struct compression *c = u->job->compression;
	char text[256];
	int status;

	close(u->to);
	if (waitpid(u->program, &status, 0) != u->program || !WIFEXITED(status))
		end_damaged(u);
	status = WEXITSTATUS(status);
	if (status == NOT_FOUND) {
		snprintf(text, sizeof(text),
		    "unable to start %s: install it (package %s), or "
		    "decompress the image first",
		    c->argv[0], c->package);
		end(u, UNPACK_FAILED, EX_UNAVAILABLE, text);
	}
	if (status != 0 && status != c->also_done)
		end_damaged(u);
}

/* --- unpacking --------------------------------------------------------- */

/* Returns the CRC-32 of RFC 1952 section 8, which continues crc. */
static uint32_t
crc32(uint32_t crc, const char *bytes, size_t len)
{
	size_t i;
	int bit;

	crc = ~crc;
	for (i = 0; i < len; i++) {
		crc ^= (unsigned char)bytes[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* Pass on len bytes at offset `at` of the packed file, and add them to *crc if
 * crc is not NULL. Returns as put() does. */
static bool
pass(struct unpacker *u, uint64_t at, uint64_t len, uint32_t *crc)
{
	size_t n;

	while (len > 0) {
		n = len < sizeof(buffer) ? (size_t)len : sizeof(buffer);
		if (read_export(u->job->nbd, buffer, n, at) == -1)
			end_unread(u);
		if (crc != NULL)
			*crc = crc32(*crc, buffer, n);
		if (!put(u, buffer, n))
			return false;
		at += n;
		len -= n;
		u->read += n;
		if (!u->looked && written(u) >= sizeof(buffer))
			look_at_image(u);
		if (clock_ms() - u->told >= PROGRESS_MS) {
			u->told = clock_ms();
			tell(u, UNPACK_PROGRESS, 0, "");
		}
	}
	return true;
}

static void
put_le32(char *p, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		p[i] = (char)(value >> 8 * i & 0xff);
}

/*
 * Copy a stored file out of a zip archive. Give a deflated file a gzip header
 * and trailer, so that gzip(1) unpacks and checks it.
 */
static void
unpack_zip(struct unpacker *u)
{
	static const char header[10] = "\x1f\x8b\x08\0\0\0\0\0\0\x03";
	char trailer[GZIP_TRAILER];
	struct image_zip zip;
	const char *reason;
	uint32_t crc = 0;
	bool failed;

	reason = image_parse_zip(&u->reader, &zip, &failed);
	if (failed)
		end_unread(u);
	if (reason != NULL)
		end(u, UNPACK_FAILED, EX_DATAERR, reason);
	u->of = zip.packed;
	if (zip.method == IMAGE_ZIP_STORED) {
		u->to = u->job->spool;
		pass(u, zip.at, zip.packed, &crc);
		if (crc != zip.crc)
			end_damaged(u);
		return;
	}
	start_program(u);
	put_le32(trailer, zip.crc);
	put_le32(trailer + 4, (uint32_t)zip.size);
	if (put(u, header, sizeof(header)) && pass(u, zip.at, zip.packed, NULL))
		put(u, trailer, sizeof(trailer));
	finish_program(u);
	if (written(u) != zip.size)
		end_damaged(u);
}

void
unpack_run(const struct unpack_job *job)
{
	struct unpacker u = {.job = job, .told = clock_ms()};

	if (read_export_begin(job->nbd, &u.of) == -1)
		end_unread(&u);
	u.reader = (struct image_reader){
	    .pread = read_packed, .ctx = &u, .size = u.of};
	if (strcmp(job->compression->name, "xz") == 0)
		look_at_xz(&u);
	if (strcmp(job->compression->name, "zip") == 0) {
		unpack_zip(&u);
	} else {
		start_program(&u);
		pass(&u, 0, u.of, NULL);
		finish_program(&u);
	}
	if (written(&u) == 0)
		end(&u, UNPACK_FAILED, EX_DATAERR, "the image is empty");
	end(&u, UNPACK_DONE, 0, "");
}
