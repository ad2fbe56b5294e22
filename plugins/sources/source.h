/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A source: the interface between the engine and the place where an image is.
 *
 * The plugin opens a source, and the engine uses it; both include only this
 * header of the folder. The folder knows the protocols: HTTP (http*.c, a part
 * of the plugin), NFS, SMB and local files (modules, built on threaded*.c). To
 * add a source, write a file NAME.c like nfs.c, and add NAME to modsrcs in the
 * Makefile. A source moves ranges of bytes. It does not know NBD, and leaves
 * caching, read-ahead, retries and the outage limit to the engine.
 *
 * All of a source's work after open() is done inside poll(), by the one
 * thread that calls it; only wake() may be called from other threads.
 */
#ifndef VM_SOURCES_SOURCE_H
#define VM_SOURCES_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"

#define FAULT_TEXT_MAX 512

/*
 * Where the image lies, and the credentials for it. The texts live as long as
 * the source; all strings but url may be NULL.
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
	bool writable;		     /* open it for writing, too */
	unsigned connections;	     /* transfers at once, >= 1 */
	unsigned patience; /* seconds for open() to wait for a busy server */
	/* One line for people: why open() waits. May be NULL. */
	void (*waits)(const char *why);
	int fd; /* a local image: its open file, which stays the caller's */
	uint64_t size; /* bytes of it that are the image, if it is a block
			  device; 0: all */
};

/*
 * Why a transfer failed. The texts are for people, hold no secret, and give
 * the reason behind "unable to open URL: ".
 */
enum fault_kind {
	FAULT_TRANSIENT, /* the same request may work in a moment */
	FAULT_REQUEST,	 /* refused: do not repeat it; others may work */
	FAULT_CHANGED,	 /* not the image that was opened: stop */
	FAULT_AGAIN, /* nothing is wrong: start it again; info.connections may be
			less than before */
	FAULT_DOUBTED,	 /* perhaps not that image: compare bytes, see adopt */
	FAULT_NO_RANGES, /* of open(): download it whole, http_download() */
};

struct fault {
	enum fault_kind kind;
	int status;	      /* of sysexits(3), if it ends the program */
	enum cause cause;     /* the same; CAUSE_USUAL: kind or status tells */
	unsigned retry_after; /* seconds that the server asks for; 0: none */
	uint64_t size;	      /* of FAULT_NO_RANGES: bytes; 0: not known */
	char text[FAULT_TEXT_MAX];
};

/* What open() finds out of the image. Strings live as long as the source. */
struct source_info {
	uint64_t size;	       /* bytes; never 0 */
	const char *url;       /* without user, password, query, fragment */
	const char *validator; /* must not change while it is open */
	int validator_is_weak; /* equal validators may hide a change */
	/*
	 * What adopt() has accepted: lines, each a validator, or "*" for all
	 * of them. NULL: nothing.
	 */
	const char *adopted;
	const char *address;  /* numeric, of the server or proxy */
	unsigned round_trip;  /* microseconds, to that address */
	uint64_t rate;	      /* bytes a second, of the first transfer */
	unsigned connections; /* the most transfers at once; it may sink */
};

enum transfer_kind {
	TRANSFER_READ,
	TRANSFER_WRITE, /* to a writable source only */
	TRANSFER_FLUSH, /* put what was written before on stable storage */
	TRANSFER_CHECK, /* a read after FAULT_DOUBTED, which may bring the bytes
			   of another image */
};

/*
 * The transfer of one range. Its owner fills in all fields but work, hands it
 * to start(), and leaves it alone until done() is called.
 */
struct transfer {
	enum transfer_kind kind;
	uint64_t offset;
	size_t length; /* bytes, at least 1, all inside the image; flush: 0 */
	const void *bytes; /* to write */
	/* The next len bytes, in order, never more than length in total. */
	void (*data)(struct transfer *, const void *bytes, size_t len);
	/*
	 * The transfer has ended; fault NULL: well. A read may end well before
	 * all bytes came, where a server limits what it sends at a time.
	 */
	void (*done)(struct transfer *, const struct fault *);
	void *owner;
	void *work; /* the source's own, until done() */
};

struct source;

struct source_ops {
	/*
	 * Begin a transfer. There must be fewer than `connections` under way.
	 * Nothing is called back before the next poll().
	 */
	void (*start)(struct source *, struct transfer *);
	/*
	 * Move what can be moved, call back, and wait for more until wake(),
	 * or for timeout_ms milliseconds at most.
	 */
	void (*poll)(struct source *, int timeout_ms);
	/*
	 * Use what is in this text (fetchd/renewal.h) from now on: the link or
	 * the credentials have expired. It is tried first. Returns 0; or -1
	 * with *why, and nothing has changed. NULL where nothing expires.
	 */
	int (*renew)(struct source *, const char *text, struct fault *why);
	/*
	 * What was read by TRANSFER_CHECK since the last FAULT_DOUBTED was the
	 * image: raise no doubt any more about answers like those. NULL where
	 * a source never doubts.
	 */
	void (*adopt)(struct source *);
	/* End the poll() that waits, or else the next one. Any thread. */
	void (*wake)(struct source *);
	/* Drop all transfers without a callback, and free everything. */
	void (*close)(struct source *);
};

struct source {
	const struct source_ops *ops;
	struct source_info info;
};

/*
 * Open a source. To find out what the image is, its first `room` bytes are read
 * into first (*got of them: room, or the whole image): the caller has them for
 * its cache. Blocks; after a transient fault it tries a few times more, and where
 * the server says that it is busy until `patience` is over. Returns the source, or NULL with *why.
 */
typedef struct source *source_open(const struct source_config *, void *first,
    size_t room, size_t *got, struct fault *why);

/* Where the bytes of a whole image go. */
struct download {
	/*
	 * Take the next len bytes, which have their place at `got`. If that is
	 * 0, the image begins, perhaps once more. Returns 0; or -1 with *why.
	 */
	int (*put)(struct download *, const void *bytes, size_t len,
	    struct fault *why);
	void (*tell)(struct download *); /* called each second */
	void *owner;
	uint64_t room;	     /* bytes that may come */
	uint64_t limit_rate; /* bytes a second; 0: no limit */
	/* Filled in: */
	uint64_t got, of; /* bytes; of 0: the server does not tell */
	int64_t came_at;  /* ms: when the last bytes came (clock_ms()) */
};

/*
 * Download a whole image from a server without ranges (FAULT_NO_RANGES). Blocks,
 * and begins again where the connection breaks. A short body is noticed by its
 * Content-Length or by its chunks (RFC 9112 section 8); without both, the end of
 * the connection is the end of the image. Returns a source of which only the
 * info may be used, and which the caller closes; or NULL with *why.
 */
struct source *http_download(
    const struct source_config *, struct download *, struct fault *why);

/* HTTP and HTTPS are linked in; other sources are modules, with this symbol. */
source_open http_open;
#define SOURCE_MODULE_SYMBOL "vm_source_open"

#endif
