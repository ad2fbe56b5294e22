/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The parameters that may be renewed while the image is served: url, user,
 * password, header, cert and key. Here is where their new values are read, and
 * how an nbdkit that is started later gets them. Functions return 0; or -1 with
 * the failure described, which is no reason to end.
 */
#ifndef VM_FETCHD_RENEWABLE_H
#define VM_FETCHD_RENEWABLE_H

#include "base/failure.h"
#include "fetchd/nbdkit-argv.h"
#include "fetchd/report.h"

#define RENEWABLE_FIELDS 6

/* All zeros in the beginning. The paths are the caller's. */
struct renewable {
	const char *dir;	   /* NULL: only the URL is renewed */
	const char *url_file;	   /* NULL: the URL did not come from a file */
	int fds[RENEWABLE_FIELDS]; /* nbdkit's memory files; 0: none */
};

/* Remember the memory file of a parameter, if it is one that may be renewed. */
void renewable_note(struct renewable *, const char *name, int fd);

/*
 * Read the files of those names in dir, those that are there; else the URL from
 * the file that it came from. What is read goes into text, as renewal.h has it.
 */
int renewable_read(
    const struct renewable *, char text[CONTROL_MAX], struct failure *);

/*
 * Have an nbdkit that is started later, with that argv, use what is in the text,
 * which is cut up.
 */
int renewable_keep(
    struct renewable *, struct nbdkit_argv *, char *text, struct failure *);

#endif
