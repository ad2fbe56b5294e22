/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * NFS (versions 3 and 4) as a source, through libnfs 4.0: a module, because a
 * machine without NFS does not need libnfs.
 *
 * nfs://HOST/PATH/FILE, with libnfs's arguments behind a "?": version=4,
 * nfsport=N, mountport=N, uid=N, gid=N. The directory is what is mounted.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <nfsc/libnfs.h>

#include "base/clock.h"
#include "sources/threaded-error.h"
#include "sources/threaded-ops.h"

#define NFS4_VERIFIER_SIZE 8	      /* bytes; RFC 7530 section 2.2 */
#define WRITE_MAX_4	   (3 * 1024) /* bytes; see file_write() */
#define CALL_MS		   10000 /* one call; then the server counts as away */
#define SYN_RETRIES	   2	 /* for a connection that is not answered */

/*
 * A context, and the one call that is under way on it. When the connection
 * breaks, libnfs's own blocking calls return while their request is still
 * queued, and its answer would be written to their stack. Therefore we wait
 * ourselves, and the answer goes here, which outlives the context.
 */
struct nfs_file {
	struct nfs_context *nfs;
	struct nfsfh *handle;
	bool ended;
	int result;  /* of the call: bytes, or -errno */
	size_t size; /* how many bytes of the answer to copy... */
	void *into;  /* ...to here; NULL: none */
};

/* Fill in the fault, from libnfs's -errno and its text. */
static void
fault_of(struct nfs_context *nfs, int error, const char *what, struct fault *f)
{
	static const struct blocking_error known[] = {
	    {EACCES, FAULT_REQUEST, EX_NOPERM,
		"the server forbids it (permissions, or the export's list)"},
	    {EPERM, FAULT_REQUEST, EX_NOPERM,
		"the server forbids it (permissions, or the export's list)"},
	    {ESTALE, FAULT_CHANGED, EX_DATAERR,
		"the image changed on the server (it is another file)"},
	    {0, FAULT_TRANSIENT, 0, NULL},
	};

	blocking_fault_of(known, -error, what,
	    nfs != NULL ? nfs_get_error(nfs) : strerror(-error), f);
}

/* libnfs calls this: the answer has come, or never will. */
static void
on_reply(int result, struct nfs_context *nfs, void *data, void *arg)
{
	struct nfs_file *file = arg;

	(void)nfs;
	if (file->ended)
		return;
	file->ended = true;
	file->result = result;
	if (result >= 0 && file->into != NULL && data != NULL)
		memcpy(file->into, data, file->size);
}

/* The same for a read: the result is the number of bytes, 0 at the end. */
static void
on_read(int result, struct nfs_context *nfs, void *data, void *arg)
{
	struct nfs_file *file = arg;

	if (!file->ended && result >= 0 && (size_t)result < file->size)
		file->size = (size_t)result;
	on_reply(result, nfs, data, arg);
}

static void
on_open(int result, struct nfs_context *nfs, void *data, void *arg)
{
	struct nfs_file *file = arg;

	if (result >= 0 && !file->ended)
		file->handle = data;
	on_reply(result, nfs, NULL, arg);
}

/* Call this before a call: where does its answer go? */
static void *
expect(struct nfs_file *file, void *into, size_t size)
{
	file->ended = false;
	file->into = into;
	file->size = size;
	return file;
}

/*
 * Wait for the answer to a call; `queued` is what libnfs returned for it.
 * Returns the call's result; or -1 with *why, and the context is broken.
 */
static int
await(struct nfs_file *file, int queued, const char *what, struct fault *why)
{
	int64_t end = clock_ms() + CALL_MS, left;
	struct pollfd p = {.revents = 0};

	while (queued == 0 && !file->ended) {
		left = end - clock_ms();
		p.fd = nfs_get_fd(file->nfs);
		p.events = (short)nfs_which_events(file->nfs);
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			file->ended = true; /* an answer comes too late now */
			blocking_fault(why, FAULT_TRANSIENT, EX_TEMPFAIL,
			    "the server does not answer");
			return -1;
		}
		if (nfs_service(file->nfs, p.revents) < 0 && !file->ended) {
			queued = -EIO;
			break;
		}
	}
	if (queued == 0 && file->result >= 0)
		return file->result;
	fault_of(file->nfs, queued != 0 ? -EIO : file->result, what, why);
	file->ended = true;
	return -1;
}

static void
file_close(void *context, bool broken)
{
	struct nfs_file *file = context;
	struct fault ignored;

	/* Another call would wait again for a server that is away. */
	if (file->handle != NULL && !broken)
		await(file,
		    nfs_close_async(file->nfs, file->handle, on_reply,
			expect(file, NULL, 0)),
		    "close", &ignored);
	file->ended = true;
	if (file->nfs != NULL)
		nfs_destroy_context(file->nfs);
	free(file);
}

/* Mount the directory, and open the file. Returns 0 or -1 with *why. */
static int
mount_and_open(struct nfs_file *file, const struct nfs_url *url, bool writable,
    struct fault *why)
{
	/*
	 * With O_SYNC, each write is on stable storage when the server answers
	 * it: a server that restarts loses nothing between WRITE and COMMIT.
	 */
	int flags = writable ? O_RDWR | O_SYNC : O_RDONLY;

	if (await(file,
		nfs_mount_async(file->nfs, url->server, url->path, on_reply,
		    expect(file, NULL, 0)),
		"mount", why) == -1)
		return -1;
	if (await(file,
		nfs_open_async(file->nfs, url->file, flags, on_open,
		    expect(file, NULL, 0)),
		"open", why) == 0)
		return 0;
	/* Over NFS 4, libnfs says this where access is denied. */
	if (file->result == -EINVAL)
		fault_of(file->nfs, -EACCES, "open", why);
	return -1;
}

/*
 * NFS 4 identifies a client by its name: two contexts with one name would close
 * each other's files, and libnfs gives all contexts of a process the same one.
 */
static void
name_client(struct nfs_context *nfs)
{
	static _Atomic unsigned count;
	char name[64], verifier[NFS4_VERIFIER_SIZE + 1];
	unsigned n = ++count;
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	snprintf(name, sizeof(name), "vmedia %ld.%u %llx", (long)getpid(), n,
	    (unsigned long long)t.tv_sec);
	nfs4_set_client_name(nfs, name);
	snprintf(verifier, sizeof(verifier), "%08lx",
	    (unsigned long)t.tv_nsec & 0xffffffff);
	nfs4_set_verifier(nfs, verifier);
}

static void *
file_open(const struct source_config *config, struct fault *why)
{
	struct nfs_file *file = calloc(1, sizeof(*file));
	struct nfs_url *url = NULL;
	int result = -1;

	if (file != NULL)
		file->nfs = nfs_init_context();
	if (file == NULL || file->nfs == NULL) {
		blocking_fault(why, FAULT_REQUEST, EX_OSERR, "out of memory");
		free(file);
		return NULL;
	}
	name_client(file->nfs);
	nfs_set_autoreconnect(file->nfs, 0); /* we do it ourselves */
	nfs_set_tcp_syncnt(file->nfs, SYN_RETRIES);
	url = nfs_parse_url_full(file->nfs, config->url);
	if (blocking_find_host(config->url, why) == -1)
		result = -1;
	else if (url == NULL)
		blocking_fault(why, FAULT_REQUEST, EX_USAGE,
		    "not an NFS URL: nfs://HOST/DIRECTORY/FILE");
	else
		result = mount_and_open(file, url, config->writable, why);
	if (url != NULL)
		nfs_destroy_url(url);
	if (result == 0)
		return file;
	file_close(file, true);
	return NULL;
}

static int
file_stat(void *context, struct blocking_file *found, struct fault *why)
{
	struct nfs_file *file = context;
	struct nfs_stat_64 st;

	if (await(file,
		nfs_fstat64_async(file->nfs, file->handle, on_reply,
		    expect(file, &st, sizeof(st))),
		"look at the file", why) == -1)
		return -1;
	found->size = st.nfs_size;
	found->seconds = (int64_t)st.nfs_mtime;
	found->nanoseconds = (int64_t)st.nfs_mtime_nsec;
	return 0;
}

static ssize_t
file_read(
    void *context, void *buf, size_t len, uint64_t offset, struct fault *why)
{
	struct nfs_file *file = context;

	return await(file,
	    nfs_pread_async(file->nfs, file->handle, offset, len, on_read,
		expect(file, buf, len)),
	    "read", why);
}

static ssize_t
file_write(void *context, const void *bytes, size_t len, uint64_t offset,
    struct fault *why)
{
	struct nfs_file *file = context;

	/*
	 * Over NFS 4, libnfs 4.0 has no room for more in a request ("Failed to
	 * encode COMPOUND4args"; its own nfs-cp fails): slow, but right. NFS 4
	 * is known by the missing limit, which libnfs learns over NFS 3 only.
	 */
	if (nfs_get_writemax(file->nfs) == 0 && len > WRITE_MAX_4)
		len = WRITE_MAX_4;
	/* The library does not write to it, in spite of its type. */
	return await(file,
	    nfs_pwrite_async(file->nfs, file->handle, offset, len,
		(void *)(uintptr_t)bytes, on_reply, expect(file, NULL, 0)),
	    "write", why);
}

static int
file_flush(void *context, struct fault *why)
{
	struct nfs_file *file = context;

	return await(file,
	    nfs_fsync_async(
		file->nfs, file->handle, on_reply, expect(file, NULL, 0)),
	    "flush", why);
}

const struct blocking_ops module_ops = {
    .piece = 512 * 1024,
    .open = file_open,
    .stat = file_stat,
    .read = file_read,
    .write = file_write,
    .flush = file_flush,
    .close = file_close,
};
