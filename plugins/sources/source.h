/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the engine asks of a place where an image lies, and what it is told.
 * A source moves ranges of bytes; caching, read-ahead, retries and the
 * outage limit are the engine's.
 *
 * All of a source's work after open() is done inside poll(), by the one
 * thread that calls it; only wake() may be called from others.
 */
#ifndef VM_SOURCES_SOURCE_H
#define VM_SOURCES_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAULT_TEXT_MAX 512

/*
 * Where the image lies and who asks for it. A source copies what it needs;
 * all strings but url may be NULL.
 */
struct source_config {
	const char *url; /* may hold user:password@ and a query */
	const char *user, *password;
	const char *domain; /* of the user (SMB) */
	const char *netrc;  /* a file's path; read at every request */
	/* PEM, by its text and not by a path; size 0: none. */
	struct source_blob {
		char *pem;
		size_t len;
	} cacert, cert, key;
	const char *proxy, *noproxy; /* NULL: the usual environment variables */
	bool insecure;		     /* do not verify the server */
	bool writable;		     /* it shall be written to as well */
	unsigned connections;	     /* transfers at once, >= 1 */
	int fd; /* a local image, open, of its opener; else unused */
};

/*
 * Why something did not come. The texts are for people, hold no secret, and
 * read as the reason behind "unable to open URL: ".
 */
enum fault_kind {
	FAULT_TRANSIENT, /* the same request may work in a moment */
	FAULT_REQUEST,	 /* refused: no use to repeat it, others may work */
	FAULT_CHANGED,	 /* not the image that was opened: nothing will work */
};

struct fault {
	enum fault_kind kind;
	int status;	      /* of sysexits(3), should it end the program */
	unsigned retry_after; /* seconds that the server asks for; 0: none */
	char text[FAULT_TEXT_MAX];
};

/* What open() learns of the image. Strings live as long as the source. */
struct source_info {
	uint64_t size;	       /* bytes; never 0 */
	const char *url;       /* without user, password, query, fragment */
	const char *validator; /* what must not change while it is open */
	int validator_is_weak; /* equal validators may hide a change */
	const char *address;   /* numeric, of the server or proxy */
	unsigned round_trip;   /* microseconds, to that address */
	uint64_t rate;	       /* bytes a second, of the first transfer */
	unsigned connections;  /* transfers that it can do at once at most */
};

enum transfer_kind {
	TRANSFER_READ,
	TRANSFER_WRITE, /* of a writable source only */
	TRANSFER_FLUSH, /* what was written before is on stable storage */
};

/*
 * A range on its way. Its owner fills in all fields but work, hands it to
 * start(), and leaves it alone until done() has been called.
 */
struct transfer {
	enum transfer_kind kind;
	uint64_t offset;
	size_t length; /* bytes, at least 1, all inside the image; flush: 0 */
	const void *bytes; /* to write */
	/* The next len bytes, in order, never more than length in total. */
	void (*data)(struct transfer *, const void *bytes, size_t len);
	/* The last word: NULL when all has come. */
	void (*done)(struct transfer *, const struct fault *);
	void *owner;
	void *work; /* the source's own, while it is under way */
};

struct source;

struct source_ops {
	/*
	 * Begin a transfer. There must be fewer than `connections` under way.
	 * Nothing is called back before the next poll().
	 */
	void (*start)(struct source *, struct transfer *);
	/*
	 * Move what can be moved, call back, and wait for more, for at most
	 * timeout_ms milliseconds or until wake().
	 */
	void (*poll)(struct source *, int timeout_ms);
	/*
	 * Ask with this URL from now on, which shows like the one that was
	 * given (url.h): its secret part has expired. Returns 0, or -1 with
	 * *why. NULL where a source has no such part.
	 */
	int (*renew)(struct source *, const char *url, struct fault *why);
	/* End the poll() that is waiting, or else the next one. Any thread. */
	void (*wake)(struct source *);
	/* Drop what is under way, without a callback, and free everything. */
	void (*close)(struct source *);
};

struct source {
	const struct source_ops *ops;
	struct source_info info;
};

/*
 * How a source is opened: the image's first `room` bytes are kept in first
 * (*got of them: room, or the whole image), so that the probe costs no more
 * than a read and warms the cache. Blocks; transient faults are met with a
 * few more tries. Returns the source, or NULL with *why.
 */
typedef struct source *source_open(const struct source_config *, void *first,
    size_t room, size_t *got, struct fault *why);

/* HTTP and HTTPS are linked in; other sources are modules, with this symbol. */
source_open http_open;
#define SOURCE_MODULE_SYMBOL "vm_source_open"

#endif
