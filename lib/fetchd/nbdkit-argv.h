/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The command line of nbdkit, and the descriptors that it names. nbdkit gets
 * secrets, and files that its user may not open, by descriptor.
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
	int adopted;	   /* memory file of nbdkit_argv_adopt(); 0: none */
	int spool;	   /* file that is downloaded or served; 0: none */
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

/* Append the plugin's module with this file name. If the module is not
 * installed, errno is ENOENT. */
int nbdkit_argv_add_module(
    struct nbdkit_argv *, const char *name, struct failure *);

/*
 * Put len bytes of text into a memory file, and append key= with "-FD", or
 * as_path with a path to open. Frees the text (secret_free()). Returns the
 * memory file, which stays open.
 */
int nbdkit_argv_add_text(struct nbdkit_argv *, const char *key, bool as_path,
    char *text, size_t len, struct failure *);

/*
 * Prepare another start: nbdkit can read its memory files again, and the image
 * must be the one that the plugin has described in identity.
 */
int nbdkit_argv_again(
    struct nbdkit_argv *, const char *identity, struct failure *);

/* Prepare another start: the image may also have one of these validators, each
 * a line. "" adds nothing. */
int nbdkit_argv_adopt(
    struct nbdkit_argv *, const char *lines, struct failure *);

/* Prepare another start, which serves the compressed file as it is. */
int nbdkit_argv_serve_packed(struct nbdkit_argv *, struct failure *);

/*
 * After that, prepare a start with the filter that decompresses blocks of xz
 * while they are read. identity is the plugin's description of the compressed
 * file.
 */
int nbdkit_argv_stream_xz(
    struct nbdkit_argv *, const char *identity, struct failure *);

/* Returns the size of the largest block that this filter may hold in memory. */
uint64_t nbdkit_xz_block_max(void);

/*
 * The first prepares a start that downloads the image, at most room bytes, into
 * the file fd; the second prepares a later start that serves this file.
 */
int nbdkit_argv_download(
    struct nbdkit_argv *, int fd, uint64_t room, struct failure *);
int nbdkit_argv_serve_downloaded(
    struct nbdkit_argv *, const char *identity, struct failure *);

/*
 * Prepare a start that serves the file fd, which has the decompressed image.
 * Clients get identity as its description, as before.
 */
int nbdkit_argv_serve_spool(
    struct nbdkit_argv *, int fd, const char *identity, struct failure *);

/*
 * Returns a copy of fd that nbdkit inherits, with a number above
 * NBDKIT_LISTEN_FD, and closes fd. If fd is -1, returns -1 with the failure
 * that errno tells.
 */
int nbdkit_inherit(int fd, struct failure *);

#endif
