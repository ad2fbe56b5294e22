/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A POST that asks this machine to fetch an image from a server:
 *
 *   {"url": "https://...", "name": "x.iso", "sha256": "...", "owner": "alice"}
 */
#ifndef VM_UPLOAD_WISH_H
#define VM_UPLOAD_WISH_H

#include "upload/upload.h"

/* Read such a body, and begin to fetch. Returns false after upload_refuse(). */
bool wish_fetch(struct upload *, const char *body);

#endif
