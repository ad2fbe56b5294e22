/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The parameters that may be renewed while the image is served: url, user,
 * password, header, cert and key. These functions read the new values, and pass
 * them to an nbdkit that is started later. They return 0; or -1 with the
 * failure described, after which vm-fetchd goes on.
 */
#ifndef VM_FETCHD_RENEWABLE_H
#define VM_FETCHD_RENEWABLE_H

#include "base/failure.h"
#include "fetchd/nbdkit-argv.h"
#include "fetchd/report.h"

#define RENEWABLE_FIELDS 6

/* All zeros in the beginning. The caller owns the paths. */
struct renewable {
	const char *dir;	   /* NULL: only the URL is renewed */
	const char *url_file;	   /* NULL: the URL did not come from a file */
	int fds[RENEWABLE_FIELDS]; /* nbdkit's memory files; 0: none */
};

/* Remember the memory file of a parameter if the parameter may be renewed. */
void renewable_note(struct renewable *, const char *name, int fd);

/*
 * Read the new values into text, in the format of renewal.h: from the files in
 * dir that have the parameters' names, of which only url must exist; or without
 * dir, only the URL, from url_file.
 */
int renewable_read(
    const struct renewable *, char text[CONTROL_MAX], struct failure *);

/*
 * Have an nbdkit that is started later with this argv use the values in text,
 * which is modified.
 */
int renewable_keep(
    struct renewable *, struct nbdkit_argv *, char *text, struct failure *);

#endif
