/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The command line of nbdkit, and the descriptors that it names: what is
 * secret, or lies where nbdkit's user may not look, goes by descriptor.
 *
 * Functions return 0 or a descriptor; or -1 with the failure described.
 */
#ifndef VM_FETCHD_NBDKIT_ARGV_H
#define VM_FETCHD_NBDKIT_ARGV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define NBDKIT_LISTEN_FD     3 /* sd_listen_fds(3): the first one */
#define NBDKIT_ARGUMENTS_MAX 64

/* All zeros in the beginning. */
struct nbdkit_argv {
	char *argv[NBDKIT_ARGUMENTS_MAX + 1]; /* for execvp(3) */
	int argc;
	int texts[NBDKIT_ARGUMENTS_MAX]; /* memory files that nbdkit reads */
	int text_count;
	bool has_identity; /* nbdkit_argv_again() has added it */
	int adopted;	   /* a memory file with those validators; 0: none */
	int spool;	   /* inherited: a file that is served; 0: none */
};

/*
 * Begin with nbdkit, the plugin, and the numbers of the plugin's two
 * descriptors: for its report (report.h), and the control socket (nbdkit.h).
 */
int nbdkit_argv_begin(
    struct nbdkit_argv *, int report_fd, int control_fd, struct failure *);

/* Append one argument, printf(3)-wise. */
int nbdkit_argv_add(struct nbdkit_argv *, struct failure *, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Append the module of the plugin that has that file name; errno is ENOENT where it
 * is not installed. */
int nbdkit_argv_add_module(
    struct nbdkit_argv *, const char *name, struct failure *);

/*
 * Append key=, with len bytes of text in a memory file: as "-FD", or as a path
 * to open. Frees the text (secret_free()). Returns the memory file, which stays
 * open.
 */
int nbdkit_argv_add_text(struct nbdkit_argv *, const char *key, bool as_path,
    char *text, size_t len, struct failure *);

/*
 * Prepare another start: what nbdkit has read can be read again, and the image
 * must be the one that the plugin has described.
 */
int nbdkit_argv_again(
    struct nbdkit_argv *, const char *identity, struct failure *);

/* ... under that validator, or one of these lines. "" adds nothing. */
int nbdkit_argv_adopt(
    struct nbdkit_argv *, const char *lines, struct failure *);

/* Prepare another start, which serves the compressed file as it is. */
int nbdkit_argv_serve_packed(struct nbdkit_argv *, struct failure *);

/*
 * Then one with the filter that decompresses blocks of xz while they are read;
 * identity is the plugin's description of the compressed file.
 */
int nbdkit_argv_stream_xz(
    struct nbdkit_argv *, const char *identity, struct failure *);

/* Bytes of the largest block that this filter may hold in memory. */
uint64_t nbdkit_xz_block_max(void);

/*
 * Prepare another start, which downloads the image into the file fd, at most
 * room bytes; and then one that serves this file.
 */
int nbdkit_argv_download(
    struct nbdkit_argv *, int fd, uint64_t room, struct failure *);
int nbdkit_argv_serve_downloaded(
    struct nbdkit_argv *, const char *identity, struct failure *);

/*
 * Or one that serves the file fd, which holds the decompressed image. Clients
 * know it by the same description.
 */
int nbdkit_argv_serve_spool(
    struct nbdkit_argv *, int fd, const char *identity, struct failure *);

/*
 * A copy of fd that nbdkit inherits, with a number out of NBDKIT_LISTEN_FD's
 * way; fd is closed. A fd of -1 is the failure of what opened it, with errno.
 */
int nbdkit_inherit(int fd, struct failure *);

#endif
