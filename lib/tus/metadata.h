/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The header Upload-Metadata: tus 1.0.0, extension Creation. Keys and values of
 * base64: "filename eC5pc28=,is_confidential".
 */
#ifndef VM_TUS_METADATA_H
#define VM_TUS_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#define TUS_METADATA_MAX 4096 /* bytes of the header */

/*
 * Is the header right: one or more pairs, each key once and of visible ASCII
 * characters without a comma, each value base64? Returns NULL; or a constant
 * sentence that says what is wrong. A header that is right has no character that
 * could end it: it may be sent back as it is.
 */
const char *tus_metadata_check(const char *header);

/*
 * Decode the value of a key into `value`, with a NUL at the end, of a header that
 * is right. Returns whether the key is there and its value fits and is text,
 * without a NUL; *is_there tells the first alone. Otherwise the value is "".
 */
bool tus_metadata_get(const char *header, const char *key, char *value,
    size_t size, bool *is_there);

#endif
