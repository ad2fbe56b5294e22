/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Netstrings: "5:hello," is a text of 5 bytes, whatever they are
 * (https://cr.yp.to/proto/netstrings.txt). No I/O and no allocation.
 */
#ifndef VM_BASE_NETSTRING_H
#define VM_BASE_NETSTRING_H

#include <stddef.h>
#include <sys/types.h>

/* The most bytes that are not the text: a length, the colon and the comma. */
#define NETSTRING_OVERHEAD 12

/*
 * Read the length and the colon at the beginning of buf. Returns how many bytes
 * these are, and then *size is the length of the text; 0 where more must come
 * first; -1 where it is no netstring (a leading zero is none) or its text has
 * more than `max` bytes.
 */
ssize_t netstring_length(const char *buf, size_t len, size_t max, size_t *size);

/*
 * Read the netstring at the beginning of buf. Returns how many bytes it has in
 * all, and then *text and *size are its text, which stays in buf; 0 or -1 as
 * above.
 */
ssize_t netstring_read(
    char *buf, size_t len, size_t max, char **text, size_t *size);

/* Write what stands before a text of `size` bytes: its length and a colon. Returns
 * how many bytes that took. */
size_t netstring_head(char out[NETSTRING_OVERHEAD], size_t size);

/*
 * Write text as a netstring to out, which has `room` bytes. Returns how many it
 * took, or 0 where there is no room.
 */
size_t netstring_write(char *out, size_t room, const char *text, size_t size);

#endif
