/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What is served: a file or block device, what an NBD server has, or a text.
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
	int fd; /* -1: none, or a text */
	bool is_nbd;
	const char *text;		  /* not ours */
	uint64_t size;			  /* bytes */
	char shown[BOOT_FILE_SHOWN_SIZE]; /* for messages */
};

/*
 * Open the file of that name in the directory, which is that of a machine. It may be a
 * link, which its user made: to a regular file, a block device, or a socket of an NBD
 * server. This changes the working directory, since the address of a socket has room
 * for its name only.
 *
 * Returns 0, and the caller calls boot_file_close(); or the HTTP status: 404 if there
 * is no such thing; 503 and why, if it is not there now.
 */
int boot_file_open(int directory, const char *machine, const char *name,
    struct boot_file *, struct failure *why);

/* Serve a text, which must stay. */
void boot_file_set_text(struct boot_file *, const char *text);

/*
 * Read len bytes, at most BOOT_FILE_READ_MAX, at off: the file has them. Returns 0; or
 * -1 with errno: ECANCELED if the client has gone meanwhile, ENODATA if the file has
 * become shorter, or as of read_export().
 */
int boot_file_read(
    const struct boot_file *, int client, void *buf, size_t len, uint64_t off);

void boot_file_close(struct boot_file *);

#endif
