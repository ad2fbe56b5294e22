/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The plugin's parameters, as nbdkit passes them. Each nbdkit serves one image,
 * so there is only one struct settings.
 */
#ifndef VM_CONFIG_H
#define VM_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "sources/source.h"

/* What file_fd has, if the image is remote. */
enum spooled {
	SPOOLED_NOT,	    /* there is no such file */
	SPOOLED_UNPACKED,   /* the unpacked image */
	SPOOLED_DOWNLOADED, /* the image as it is on the server */
};

struct settings {
	/* Where the image is, and the credentials for it; NULL: not given. */
	char *url, *user, *password, *domain, *netrc, *proxy, *noproxy;
	char *allow_hosts; /* see allow-hosts.h; NULL: all */
	char *module;	   /* file of a source that is a module; NULL: HTTP */
	struct source_blob cacert, cert, key; /* PEM */
	struct source_blob header;   /* header fields, one a line (HTTP) */
	struct source_blob identity; /* expected: refuse any other image */
	struct source_blob adopted;  /* other validators it has, one a line */
	char *sha256;		 /* of the image, as hexadecimal digits; or: */
	struct source_blob sums; /* a text of checksums; see base/sums.h */
	char *sums_url;		 /* ... or the URL of that text */
	uint64_t tell_sum;	 /* 1: send the checksum, do not verify it */
	uint64_t insecure;	 /* 1: do not verify the server */
	uint64_t writable;	 /* 1: clients may write to the source */
	uint64_t raw;	      /* 1: serve it as it is, even if not an image */
	uint64_t unpacked;    /* 1: serve it as is: another program unpacks it
				 */
	uint64_t spooled;     /* see enum spooled; `identity` names the image */
	uint64_t download;    /* 1: download it whole into file_fd, then exit */
	uint64_t room;	      /* the most bytes that the download may have */
	uint64_t size;	      /* bytes to use of a block device; 0: all */
	uint64_t cache;	      /* bytes of memory for chunks */
	uint64_t connections; /* transfers at once */
	uint64_t outage;      /* seconds; see engine.h */
	uint64_t timeout;     /* seconds to wait for a busy server on opening */
	uint64_t limit_rate;  /* bytes a second; 0: no limit */
	uint64_t overlay_size; /* bytes; see overlay.h */
	/* Descriptors; -1: none. */
	int report_fd;	/* to report ready, or a failure: see report.h */
	int control_fd; /* see control.h */
	int file_fd;	/* a local image, or the file of `spooled` */
	int overlay_fd; /* the file for clients' writes: see overlay.h */
};

extern struct settings settings;

/* Take one parameter. Returns 0; or -1 after reporting why. */
int settings_take(const char *name, const char *value);

/* Erase and free all texts, because they may be secrets. */
void settings_free(void);

/*
 * Report why we cannot continue, with a text as of printf(3) and a status of
 * sysexits(3): to vm-fetchd, or else to nbdkit's log. Returns -1.
 */
int refuse(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, if the cause is not the usual one of that status. */
int refuse_because(enum cause, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for the fault of a source. FAULT_CHANGED has the cause `changed`. */
int refuse_fault(const struct fault *);

#endif
