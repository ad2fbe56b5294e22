/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A directory of certificates in PEM, each in a file ID.pem.
 */
#ifndef VM_DOOR_CERTIFICATES_H
#define VM_DOOR_CERTIFICATES_H

#include "base/json-text.h"

/* All certificates must fit into one message of door/wire.h, as a JSON array in
 * which a quotation mark takes two bytes. */
#define CERTIFICATES_MAX 8
#define CERTIFICATE_SIZE 15360 /* bytes of a file */

/* All certificates as one text, which the caller frees; NULL if
 * there are none. */
char *certificates_read(const char *dir);

/* Write them as a JSON array of {"id", "pem"}. */
void certificates_list(const char *dir, struct json_text *out);

/*
 * Add a certificate. Returns its id, a positive number; or -1 with errno:
 * EINVAL (the text is no certificate in PEM), EDQUOT (there are
 * CERTIFICATES_MAX already), or an error of open(2).
 */
int certificate_add(const char *dir, const char *pem);

/* Returns 0, or -1 with errno: ENOENT if there is none of that id. */
int certificate_remove(const char *dir, const char *id);

#endif
