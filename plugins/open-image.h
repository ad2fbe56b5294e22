/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Open the image that the settings name: connect its source, check that it can
 * be served, and set up the engine and the overlay that serve it.
 */
#ifndef VM_OPEN_IMAGE_H
#define VM_OPEN_IMAGE_H

#include <stdint.h>

#include "engine/engine.h"
#include "overlay.h"
#include "sources/source.h"

struct image {
	struct source *source; /* until the engine owns it, then NULL */
	struct engine *engine;
	struct overlay *overlay; /* NULL: a write goes to the source, if any */
	const struct source_info *info;
	uint64_t size;	   /* bytes of the export: padded to whole sectors */
	char *description; /* of the image's identity, for clients */
};

/*
 * Returns 0; or -1, and has said why. The engine is not started yet, so the
 * fetch thread is not there yet.
 */
int open_image(struct image *);

/* Fine also for one that is all zero, or that open_image() refused. */
void close_image(struct image *);

#endif
