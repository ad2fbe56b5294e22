/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A directory of certificates in PEM, each in a file ID.pem.
 */
#ifndef VM_DOOR_CERTIFICATES_H
#define VM_DOOR_CERTIFICATES_H

#include "base/json-text.h"

/* All of them must fit into one message of door/wire.h, as a JSON array in which
 * a quotation mark has two bytes. */
#define CERTIFICATES_MAX 8
#define CERTIFICATE_SIZE 15360 /* bytes of a file */

/* All of them as one text, for free(3); NULL if there are none. */
char *certificates_read(const char *dir);

/* The same as a JSON array of {"id", "pem"}. */
void certificates_list(const char *dir, struct json_text *out);

/*
 * Add one. Returns its id, a positive number; or -1 with errno: EINVAL (it is no
 * certificate in PEM), EDQUOT (there are CERTIFICATES_MAX), or as of open(2).
 */
int certificate_add(const char *dir, const char *pem);

/* Returns 0, or -1 with errno: ENOENT. */
int certificate_remove(const char *dir, const char *id);

#endif
