/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a client is sent: a file, a block device, the export of an NBD server,
 * or a text.
 */
#ifndef VM_NETBOOT_BOOT_FILE_H
#define VM_NETBOOT_BOOT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define BOOT_FILE_SHOWN_SIZE 160
#define BOOT_FILE_READ_MAX   (256u << 10) /* bytes of one read */

struct boot_file {
	int fd; /* -1: not open, or a text */
	bool is_nbd;
	const char *text;		  /* the caller's */
	uint64_t size;			  /* bytes */
	char shown[BOOT_FILE_SHOWN_SIZE]; /* for messages */
};

/*
 * Open the file of that name in the directory of a machine. The user may have
 * made it a link: to a regular file, a block device, or the socket of an NBD
 * server. This changes the working directory, because the address of a socket
 * has room for a name but not for a path.
 *
 * Returns 0, and the caller calls boot_file_close(); or an HTTP status: 404 if
 * there is no such file; 503 with *why if it cannot be opened now.
 */
int boot_file_open(int directory, const char *machine, const char *name,
    struct boot_file *, struct failure *why);

/* Serve a text. It is not copied, so the caller must keep it. */
void boot_file_set_text(struct boot_file *, const char *text);

/*
 * Read len bytes at off, at most BOOT_FILE_READ_MAX and not beyond f->size.
 * Returns 0; or -1 with errno: ECANCELED if the client (a socket) has gone
 * meanwhile, ENODATA if the file has become shorter, or that of read_export().
 */
int boot_file_read(
    const struct boot_file *, int client, void *buf, size_t len, uint64_t off);

void boot_file_close(struct boot_file *);

#endif
