/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The header Upload-Metadata: tus 1.0.0, extension Creation. It has keys, each
 * with a value in base64 or none: "filename eC5pc28=,is_confidential".
 */
#ifndef VM_TUS_METADATA_H
#define VM_TUS_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#define TUS_METADATA_MAX 4096 /* bytes of the header */

/*
 * Check that the header has one or more pairs, each key once and of visible
 * ASCII characters without a comma, and each value in base64. Returns NULL, or
 * a constant sentence that says what is wrong. A valid header has no character
 * that could end it, and may be sent back unchanged.
 */
const char *tus_metadata_check(const char *header);

/*
 * Decode the value of a key of a valid header into `value`, with a NUL at the
 * end. Returns whether the key is there, and its value fits and is text without
 * a NUL; otherwise `value` is "". *is_there tells only whether the key is
 * there.
 */
bool tus_metadata_get(const char *header, const char *key, char *value,
    size_t size, bool *is_there);

#endif
