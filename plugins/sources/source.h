/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A source: the interface between the engine and the place where an image is.
 *
 * The plugin opens a source, and the engine uses it; both include only this
 * header from the folder. The folder knows the protocols: HTTP (http*.c, a part
 * of the plugin), NFS, SMB and local files (modules, built on threaded*.c). To
 * add a source, write a file NAME.c like nfs.c, and add NAME to modsrcs in the
 * Makefile. A source moves ranges of bytes. It does not know NBD, and leaves
 * caching, read-ahead, retries and the outage limit to the engine.
 *
 * After open(), a source does all its work inside poll(), in the one thread
 * that calls it; other threads may call only wake().
 */
#ifndef VM_SOURCES_SOURCE_H
#define VM_SOURCES_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"

#define FAULT_TEXT_MAX 512

/*
 * Where the image is, and the credentials for it. The texts live as long as the
 * source; all strings but url may be NULL.
 */
struct source_config {
	const char *url; /* may hold user:password@ and a query */
	const char *user, *password;
	const char *domain;  /* the user's (SMB) */
	const char *netrc;   /* a file's path; read at every request */
	const char *headers; /* lines "NAME: VALUE"; a secret (HTTP) */
	/* PEM texts, not paths; len 0: none. */
	struct source_blob {
		char *pem;
		size_t len;
	} cacert, cert, key;
	const char *proxy, *noproxy; /* NULL: the usual environment variables */
	const char *allow_hosts;     /* see allow-hosts.h; NULL: all */
	bool insecure;		     /* do not verify the server */
	bool writable;		     /* open the image for writing, too */
	unsigned connections;	     /* transfers at once, >= 1 */
	unsigned patience; /* seconds for open() to wait for a busy server */
	/* Receives a line for people: why open() waits. May be NULL. */
	void (*waits)(const char *why);
	int fd;	       /* the open file of a local image; the caller keeps it */
	uint64_t size; /* image's bytes on a block device; 0: all of it */
};

/*
 * Why a transfer failed. The texts are for people, have no secrets, and give
 * the reason after "unable to open URL: ".
 */
enum fault_kind {
	FAULT_TRANSIENT, /* the same request may work in a moment */
	FAULT_REQUEST,	 /* refused: do not repeat it; others may work */
	FAULT_CHANGED,	 /* the source has another image now: stop */
	FAULT_AGAIN, /* no failure: start it again; info.connections may be less
			than before */
	FAULT_DOUBTED,	 /* perhaps another image: compare bytes, see adopt */
	FAULT_NO_RANGES, /* from open() only: use http_download() */
};

struct fault {
	enum fault_kind kind;
	int status;	      /* of sysexits(3), if the program must end */
	enum cause cause;     /* CAUSE_USUAL: see kind and status */
	unsigned retry_after; /* seconds that the server asks for; 0: none */
	uint64_t size;	      /* for FAULT_NO_RANGES: bytes; 0: unknown */
	char text[FAULT_TEXT_MAX];
};

/* What open() finds out about the image. Strings live as long as the source. */
struct source_info {
	uint64_t size;	       /* bytes; never 0 */
	const char *url;       /* without user, password, query, fragment */
	const char *validator; /* must not change while the source is open */
	int validator_is_weak; /* equal validators may hide a change */
	/*
	 * The validators that adopt() has accepted, each a line; or a line "*"
	 * for any validator. NULL: none.
	 */
	const char *adopted;
	const char *address;  /* numeric, of the server or proxy */
	unsigned round_trip;  /* microseconds, to that address */
	uint64_t rate;	      /* bytes a second, of the first transfer */
	unsigned connections; /* the most transfers at once; may decrease */
};

enum transfer_kind {
	TRANSFER_READ,
	TRANSFER_WRITE, /* to a writable source only */
	TRANSFER_FLUSH, /* put earlier writes on stable storage */
	TRANSFER_CHECK, /* a read after FAULT_DOUBTED: the bytes may be another
			   image's */
};

/*
 * The transfer of one range. Its owner fills in all fields except work, passes
 * it to start(), and does not touch it until done() is called.
 */
struct transfer {
	enum transfer_kind kind;
	uint64_t offset;
	size_t length; /* bytes, at least 1, all inside the image; flush: 0 */
	const void *bytes; /* to write */
	/* Receives the next len bytes, in order, at most length in all. */
	void (*data)(struct transfer *, const void *bytes, size_t len);
	/*
	 * The transfer has ended; fault NULL: it succeeded. A read may succeed
	 * before all bytes have come, if a server limits how much it sends at a
	 * time.
	 */
	void (*done)(struct transfer *, const struct fault *);
	void *owner;
	void *work; /* belongs to the source until done() */
};

struct source;

struct source_ops {
	/*
	 * Begin a transfer. Fewer than `connections` transfers may be running.
	 * No callback is called before the next poll().
	 */
	void (*start)(struct source *, struct transfer *);
	/*
	 * Transfer what can be transferred, call the callbacks, and wait for
	 * more until wake() is called, or for timeout_ms milliseconds at most.
	 */
	void (*poll)(struct source *, int timeout_ms);
	/*
	 * The link or the credentials have expired: use those in this text
	 * (fetchd/renewal.h) from now on. They are tried first. Returns 0; or
	 * -1 with *why, and nothing has changed. NULL if nothing can expire.
	 */
	int (*renew)(struct source *, const char *text, struct fault *why);
	/*
	 * The bytes that TRANSFER_CHECK has read since the last FAULT_DOUBTED
	 * were the image's: accept answers like those from now on. NULL if the
	 * source never returns FAULT_DOUBTED.
	 */
	void (*adopt)(struct source *);
	/* End the wait of poll(), or of the next poll(). Any thread. */
	void (*wake)(struct source *);
	/* Drop all transfers without callbacks, and free everything. */
	void (*close)(struct source *);
};

struct source {
	const struct source_ops *ops;
	struct source_info info;
};

/*
 * Open a source. To find out about the image, its first `room` bytes are read
 * into first (*got of them: room, or the whole image), and the caller can put
 * them into its cache. Blocks; after a transient fault it tries a few times
 * more, and if the server says that it is busy, until `patience` is over.
 * Returns the source, or NULL with *why.
 */
typedef struct source *source_open(const struct source_config *, void *first,
    size_t room, size_t *got, struct fault *why);

/* The destination of a whole image's bytes. */
struct download {
	/*
	 * Take the next len bytes, whose offset is `got`. If `got` is 0, the
	 * image begins, perhaps again. Returns 0; or -1 with *why.
	 */
	int (*put)(struct download *, const void *bytes, size_t len,
	    struct fault *why);
	void (*tell)(struct download *); /* called once a second */
	void *owner;
	uint64_t room;	     /* the most bytes that may come */
	uint64_t limit_rate; /* bytes a second; 0: no limit */
	/* Set by http_download(): */
	uint64_t got, of; /* bytes so far; in all, 0: the server does not say */
	int64_t came_at;  /* ms: when the last bytes came (clock_ms()) */
};

/*
 * Download a whole image from a server without ranges (FAULT_NO_RANGES).
 * Blocks, and begins again if the connection breaks. A short body is noticed by
 * its Content-Length or by its chunks (RFC 9112 section 8); without both, the
 * end of the connection is the end of the image. Returns a source, whose info
 * the caller may read, and which it must close, but may not use otherwise; or
 * NULL with *why.
 */
struct source *http_download(
    const struct source_config *, struct download *, struct fault *why);

/* HTTP and HTTPS are linked in; other sources are modules that have this
 * symbol. */
source_open http_open;
#define SOURCE_MODULE_SYMBOL "vm_source_open"

#endif
