/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The text of an answer, which the web server sends to the client.
 */
#ifndef VM_UPLOAD_WRITE_H
#define VM_UPLOAD_WRITE_H

#include "upload/upload.h"

/* Write the answer into a string, which the caller frees. Returns its length; 0
 * if there is no memory. */
size_t upload_write(struct upload *u, char **text);

#endif
