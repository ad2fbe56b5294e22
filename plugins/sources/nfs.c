/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * NFS 3 and 4 as a source: a module, because not every machine has libnfs 4.0.
 *
 * nfs://HOST[:PORT]/DIRECTORY/FILE, with arguments after a "?": version=N
 * (default: 4, then 3), nfsport=N, mountport=N, uid=N, gid=N.
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
#include "base/number.h"
#include "base/url.h"
#include "sources/threaded-error.h"
#include "sources/threaded-ops.h"

#define NFS4_VERIFIER_SIZE 8	      /* bytes; RFC 7530 section 2.2 */
#define WRITE_MAX_4	   (3 * 1024) /* bytes; see file_write() */
#define CALL_MS		   10000 /* for one call; then the server is down */
#define NFS_PATH_MAX	   4096	 /* bytes */
#define SYN_RETRIES	   2	 /* if a connection is not answered */

#define FORBIDDEN "the server forbids it (permissions, or the export's list)"

/*
 * A context, and the one call that runs on it. When the connection breaks,
 * libnfs's own blocking calls return while their request is still queued, and
 * its answer would be written to their stack. Therefore we wait ourselves, and
 * the answer goes into this struct, which outlives the context.
 */
struct nfs_file {
	struct nfs_context *nfs;
	struct nfsfh *handle;
	bool writable;
	bool ended;
	int result;  /* the call's: bytes, or -errno */
	size_t size; /* bytes of the answer to copy, to `into` */
	void *into;  /* NULL: copy nothing */
};

static void
fault_of(struct nfs_context *nfs, int error, const char *what, struct fault *f)
{
	static const struct blocking_error known[] = {
	    {EACCES, FAULT_REQUEST, EX_NOPERM, CAUSE_FORBIDDEN, FORBIDDEN},
	    {EPERM, FAULT_REQUEST, EX_NOPERM, CAUSE_FORBIDDEN, FORBIDDEN},
	    {ESTALE, FAULT_CHANGED, EX_DATAERR, CAUSE_CHANGED,
		"the image changed on the server (it is another file)"},
	    {0, FAULT_TRANSIENT, 0, CAUSE_USUAL, NULL},
	};

	const char *text = nfs != NULL ? nfs_get_error(nfs) : NULL;

	text = text != NULL ? text : strerror(-error);
	blocking_fault_of(known, -error, what, text, f);
}

/* libnfs calls this when the answer has come, or will never come. */
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

/* The same for a read, whose result is the number of bytes, 0 at the end. */
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

/* Call this before a call of libnfs, to say where its answer goes. */
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
			file->ended = true; /* a later answer is not used */
			blocking_fault(why, FAULT_TRANSIENT, EX_TEMPFAIL,
			    "the server does not answer");
			why->cause = CAUSE_UNREACHABLE;
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

	/* If broken, another call would wait for the same server again. */
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

/* Mount the directory of this path, and open the file. Returns 0 or -1. */
static int
mount_and_open(struct nfs_file *file, const char *host, const char *path,
    struct fault *why)
{
	/* With O_SYNC, each write is on stable storage when the server answers
	 * it: a restart between WRITE and COMMIT loses nothing. */
	int flags = file->writable ? O_RDWR | O_SYNC : O_RDONLY;
	const char *name = strrchr(path, '/');
	char dir[NFS_PATH_MAX];

	/* For a file in the root, the root is mounted. */
	snprintf(dir, sizeof(dir), "%.*s", (int)(name - path), path);
	if (await(file,
		nfs_mount_async(file->nfs, host, dir[0] != '\0' ? dir : "/",
		    on_reply, expect(file, NULL, 0)),
		"mount", why) == -1)
		return -1;
	if (await(file,
		nfs_open_async(
		    file->nfs, name, flags, on_open, expect(file, NULL, 0)),
		"open", why) == 0)
		return 0;
	/* Over NFS 4, libnfs reports EINVAL if access is denied. */
	if (file->result == -EINVAL)
		fault_of(file->nfs, -EACCES, "open", why);
	return -1;
}

/*
 * NFS 4 identifies a client by its name. Two contexts with one name would close
 * each other's files, and libnfs gives all contexts of a process the same name.
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

/* The arguments of the URL. One that is missing is 0, or -1 for an ID. */
struct arguments {
	uint64_t version, nfsport, mountport;
	int64_t uid, gid;
};

/* Take one NAME=VALUE of the URL's query. Returns 0 or -1 with *why. */
static int
take_argument(struct arguments *a, const char *word, struct fault *why)
{
	const struct {
		const char *name;
		uint64_t min, max, *out;
	} known[] = {{"version=", 3, 4, &a->version},
	    {"nfsport=", 1, 65535, &a->nfsport},
	    {"mountport=", 1, 65535, &a->mountport},
	    {"uid=", 0, INT32_MAX, (uint64_t *)&a->uid},
	    {"gid=", 0, INT32_MAX, (uint64_t *)&a->gid}};
	size_t i, len;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		len = strlen(known[i].name);
		if (strncmp(word, known[i].name, len) == 0 &&
		    number_parse(word + len, known[i].min, known[i].max,
			known[i].out) == 0)
			return 0;
	}
	/* Do not show the query: it may hold a secret for another source. */
	blocking_fault(why, FAULT_REQUEST, EX_USAGE,
	    "behind the ? of an NFS URL stand version=3 or 4, nfsport=, "
	    "mountport=, uid= or gid=, with a number, and & between them");
	return -1;
}

static int
take_arguments(
    struct arguments *a, const struct url_parts *url, struct fault *why)
{
	char *rest = url->query, *word;

	*a = (struct arguments){.nfsport = url->port, .uid = -1, .gid = -1};
	while (rest != NULL && (word = strsep(&rest, "&")) != NULL)
		if (*word != '\0' && take_argument(a, word, why) == -1)
			return -1;
	if (strlen(url->path) < 2 || url->path[strlen(url->path) - 1] == '/' ||
	    strlen(url->path) >= NFS_PATH_MAX) {
		blocking_fault(why, FAULT_REQUEST, EX_USAGE,
		    "it names no file: nfs://HOST/DIRECTORY/FILE");
		return -1;
	}
	return 0;
}

/*
 * Set up a context. libnfs 4.0 has no call to set the ports, but takes them
 * from a URL. Nothing else of that URL is used, except the version.
 */
static bool
make_context(struct nfs_file *file, const struct arguments *a, uint64_t version)
{
	struct nfs_url *parsed;
	char text[128];
	int n;

	file->nfs = nfs_init_context();
	if (file->nfs == NULL)
		return false;
	n = snprintf(
	    text, sizeof(text), "nfs://host/dir/file?version=%d", (int)version);
	if (a->nfsport != 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "&nfsport=%d",
		    (int)a->nfsport);
	if (a->mountport != 0)
		snprintf(text + n, sizeof(text) - (size_t)n, "&mountport=%d",
		    (int)a->mountport);
	parsed = nfs_parse_url_full(file->nfs, text);
	if (parsed == NULL)
		return false;
	nfs_destroy_url(parsed);
	if (a->uid != -1)
		nfs_set_uid(file->nfs, (int)a->uid);
	if (a->gid != -1)
		nfs_set_gid(file->nfs, (int)a->gid);
	name_client(file->nfs);
	nfs_set_autoreconnect(file->nfs, 0); /* we reconnect ourselves */
	nfs_set_tcp_syncnt(file->nfs, SYN_RETRIES);
	return true;
}

/* Open the file by this version of NFS. Returns it, or NULL with *why. */
static struct nfs_file *
open_by(const struct url_parts *url, const struct arguments *a,
    uint64_t version, bool writable, struct fault *why)
{
	struct nfs_file *file = calloc(1, sizeof(*file));

	if (file == NULL || !make_context(file, a, version)) {
		blocking_fault(why, FAULT_REQUEST, EX_OSERR, "out of memory");
		if (file != NULL)
			file_close(file, true);
		return NULL;
	}
	file->writable = writable;
	if (mount_and_open(file, url->host, url->path, why) == 0)
		return file;
	file_close(file, true);
	return NULL;
}

/* Both versions failed: report both texts, and keep the more useful fault. */
static void
join_faults(const struct fault *four, struct fault *why)
{
	struct fault three = *why;

	if (strcmp(four->text, three.text) == 0) {
		snprintf(why->text, sizeof(why->text),
		    "%.400s (by NFS 4 and by NFS 3)", three.text);
		return;
	}
	if (four->kind == FAULT_REQUEST || three.kind != FAULT_REQUEST)
		*why = *four;
	snprintf(why->text, sizeof(why->text), "NFS 4: %.200s; NFS 3: %.200s",
	    four->text, three.text);
}

static struct nfs_file *
open_by_any(const struct url_parts *url, const struct arguments *a,
    bool writable, struct fault *why)
{
	static _Atomic unsigned worked; /* the version that worked */
	uint64_t version = a->version != 0 ? a->version : worked;
	struct nfs_file *file;
	struct fault four;

	if (version != 0)
		return open_by(url, a, version, writable, why);
	version = 4;
	file = open_by(url, a, version, writable, &four);
	if (file == NULL) {
		version = 3;
		file = open_by(url, a, version, writable, why);
	}
	if (file != NULL)
		worked = (unsigned)version;
	else
		join_faults(&four, why);
	return file;
}

static void *
file_open(const struct source_config *config, struct fault *why)
{
	struct nfs_file *file = NULL;
	struct url_parts url;
	struct arguments a;

	if (blocking_take_url(config, &url, why) == -1)
		return NULL;
	if (take_arguments(&a, &url, why) == 0)
		file = open_by_any(&url, &a, config->writable, why);
	url_parts_free(&url);
	return file;
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
	 * Over NFS 4, a request of libnfs 4.0 has no room for more ("Failed to
	 * encode COMPOUND4args"; its own nfs-cp fails, too). This is slow.
	 * libnfs knows a limit only over NFS 3, so no limit means NFS 4.
	 */
	if (nfs_get_writemax(file->nfs) == 0 && len > WRITE_MAX_4)
		len = WRITE_MAX_4;
	/* The library only reads from bytes, despite the type. */
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
    .renews = true,
    .piece = 512 * 1024,
    .open = file_open,
    .stat = file_stat,
    .read = file_read,
    .write = file_write,
    .flush = file_flush,
    .close = file_close,
};
