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
	struct source *source; /* NULL once the engine owns it */
	struct engine *engine;
	struct overlay *overlay; /* NULL: writes, if any, go to the source */
	const struct source_info *info;
	uint64_t size;	   /* bytes of the export: padded to whole sectors */
	char *description; /* the image's identity, for clients */
};

/*
 * Returns 0; or -1 after reporting why. The engine is not started, so there is
 * no fetch thread yet.
 */
int open_image(struct image *);

/* Close and free an image. It may be all zeros, or open_image() may have
 * failed. */
void close_image(struct image *);

#endif
