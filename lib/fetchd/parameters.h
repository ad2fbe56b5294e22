/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How vm-fetchd's arguments become nbdkit's: what is a secret, or lies where
 * nbdkit's user may not look, is read or opened here and goes by descriptor.
 *
 * All of this is for a program's start: what can't be done ends it, with a
 * line and a status of sysexits(3).
 */
#ifndef VM_FETCHD_PARAMETERS_H
#define VM_FETCHD_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

#define FETCHD_LISTEN_FD 3 /* sd_listen_fds(3): the first one */

#define FETCHD_ARGUMENTS_MAX 64

struct fetchd_args {
	char *argv[FETCHD_ARGUMENTS_MAX + 1]; /* of nbdkit */
	int argc;
	char *shown_url;	/* what may be shown of the image's */
	const char *stats_path; /* NULL: nobody wants to know */
	const char *url_file;	/* NULL: the URL came by other ways */
	const char *overlay;	/* a path; NULL: none */
	char *image;		/* the path of a local image, or NULL */
	bool writable;
	bool no_links;	   /* the path has none, and shall have none */
	bool made_overlay; /* there was none */
	int url_text;	   /* the memory file of the URL */
	bool has_identity; /* of the image, since fetchd_args_again() */
	int texts[FETCHD_ARGUMENTS_MAX]; /* memory files that nbdkit reads */
	int text_count;
};

/*
 * See that the descriptors in an argv's key=-FD words are open: before we open
 * any, which would then be read.
 */
void fetchd_args_check(char **words);

/*
 * Begin with nbdkit itself and the plugin, and its two descriptors: for its
 * report (report.h), and the control socket (plugin.c).
 */
void fetchd_args_begin(struct fetchd_args *, int report_fd, int control_fd);

/* Take one parameter: what it stands for is read now, while we may. */
void fetchd_args_add(struct fetchd_args *, const char *name, const char *value);

/* The same for an argv's key=value words. */
void fetchd_args_add_words(struct fetchd_args *, char **words);

/* After all of them: open the files that they name together. */
void fetchd_args_end(struct fetchd_args *);

/* It did not come to that: remove what was made of it and is empty. */
void fetchd_args_undo(const struct fetchd_args *);

/*
 * For another start of nbdkit: what it has read can be read again, and the
 * image must be the one that the plugin has described.
 */
void fetchd_args_again(struct fetchd_args *, const char *identity);

/*
 * The same, with its filter of that name ("xz", "gzip"),
 * which unpacks the image.
 */
void fetchd_args_unpack(struct fetchd_args *, const char *filter);

/*
 * The URL from the file that it was read from at first, for secret_free(),
 * which nbdkit is started with from now on; or NULL with a line about why not.
 */
char *fetchd_args_read_url(const struct fetchd_args *);

/* The same descriptor, inherited by nbdkit, and out of LISTEN_FD's way. */
int fetchd_args_inherit(int fd);

#endif
