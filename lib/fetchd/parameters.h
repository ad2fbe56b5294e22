/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-fetchd's key=value parameters, and how each reaches the plugin. Secrets,
 * and files that nbdkit's user may not open, are read or opened here, while we
 * have the permission, and are passed by descriptor (nbdkit-argv.h).
 *
 * Functions return 0; or -1 with the failure described, after which the
 * program ends.
 */
#ifndef VM_FETCHD_PARAMETERS_H
#define VM_FETCHD_PARAMETERS_H

#include <stdbool.h>

#include "base/failure.h"
#include "fetchd/nbdkit-argv.h"
#include "fetchd/renewable.h"

/* All zeros in the beginning, except argv. */
struct parameters {
	struct nbdkit_argv *argv; /* the caller's; parameters are added */
	char *shown_url;	  /* the image's URL without its secrets */
	const char *stats_path;	  /* NULL: no statistics are written */
	const char *about_path;	  /* see about.h; NULL: no file is written */
	const char *overlay;	  /* a path; NULL: none */
	char *image;		  /* the path of a local image, or NULL */
	bool writable;
	bool remote_only;  /* a local image is not allowed */
	bool no_links;	   /* refuse symbolic links in the image's path */
	bool made_overlay; /* we created it */
	struct renewable renewable;
};

/*
 * Check that the descriptors in an argv's key=-FD words are open. Call this
 * before vm-fetchd opens anything, because that could get one of these numbers.
 */
int parameters_check(char **words, struct failure *);

/* Take one parameter. A file or descriptor that has its value is read now. */
int parameters_take(
    struct parameters *, const char *name, const char *value, struct failure *);

/* The same for an argv's key=value words, to its NULL. */
int parameters_take_words(struct parameters *, char **words, struct failure *);

/*
 * Take the parameters of a request from the directory dir: each parameter that
 * a request may have is in a file of its name, if this file exists. The url
 * file must exist. Renewed values are read from the same directory; the string
 * dir must stay valid. With look, the image is only looked at: writing,
 * overlays and checksums are left out. Parameters that are taken later have
 * precedence.
 *
 * This is the only list of what vmctl's requests may pass to vm-fetchd.
 */
int parameters_take_request(
    struct parameters *, const char *dir, bool look, struct failure *);

/* After the last parameter, open the local image and the overlay, if any. */
int parameters_finish(struct parameters *, struct failure *);

/* Returns a note that the user should read about this image, or NULL. */
const char *parameters_note(const struct parameters *);

/* Remove the overlay if we created it and it is still empty. */
void parameters_undo(const struct parameters *);

#endif
