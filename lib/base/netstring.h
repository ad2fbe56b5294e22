/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Netstrings: "5:hello," is a text of 5 bytes, which may have any value
 * (https://cr.yp.to/proto/netstrings.txt). No I/O and no allocation.
 */
#ifndef VM_BASE_NETSTRING_H
#define VM_BASE_NETSTRING_H

#include <stddef.h>
#include <sys/types.h>

/* The most bytes around a text: the length, the colon and the comma. */
#define NETSTRING_OVERHEAD 12

/*
 * Read the length and the colon at the beginning of buf. Returns the number of
 * these bytes, and sets *size to the length of the text; 0 if buf does not have
 * them all yet; -1 if this is not a netstring (a leading zero is not allowed)
 * or the text has more than `max` bytes.
 */
ssize_t netstring_length(const char *buf, size_t len, size_t max, size_t *size);

/*
 * Read the netstring at the beginning of buf. Returns the number of all its
 * bytes, and sets *text and *size to its text, which stays in buf; 0 or -1 as
 * above.
 */
ssize_t netstring_read(
    char *buf, size_t len, size_t max, char **text, size_t *size);

/* Write what precedes a text of `size` bytes: its length and a colon. Returns
 * the number of bytes written. */
size_t netstring_head(char out[NETSTRING_OVERHEAD], size_t size);

/*
 * Write text as a netstring to out, which has `room` bytes. Returns the number
 * of bytes written, or 0 if they do not fit.
 */
size_t netstring_write(char *out, size_t room, const char *text, size_t size);

#endif
