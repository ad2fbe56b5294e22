/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Parse the head of an HTTP/1.1 message (RFC 9112), from its first line to the
 * empty line. The lines are split in place, without I/O or allocation.
 *
 * A head is refused if two parsers could understand it differently: if it has a
 * bare line feed, a folded line, a space before a colon, or two headers of a
 * kind that is allowed only once.
 */
#ifndef VM_HTTP_HEADERS_H
#define VM_HTTP_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Returns the length of the block at the beginning of buf, with its empty line;
 * 0 if its end has not come yet.
 */
size_t http_block_length(const char *buf, size_t len);

/*
 * Returns the next line of a block, ended by a NUL, and moves *at past it. NULL
 * at the end, or if the line has a control character other than a tab.
 */
char *http_line_next(char **at, const char *end);

/*
 * Call take() with the name and the value of each header in the lines from `at`
 * to the empty line at `end`. Returns NULL; or a constant text that says what
 * is wrong, which may be that of take().
 */
const char *http_headers_each(char *at, const char *end,
    const char *(*take)(void *ctx, const char *name, const char *value),
    void *ctx);

/* A header that may occur only once; *value is NULL until it is found. */
struct http_header {
	const char *name;
	const char **value;
};

/*
 * Keep the value of a header if it is one of `known`, which ends with a NULL
 * name. Returns NULL; or a text that says what is wrong, if it is there twice.
 */
const char *http_header_take(
    const struct http_header *known, const char *name, const char *value);

/* Is the word a token (RFC 9110 section 5.6.2), as a header's name must be? */
bool http_is_token(const char *word, size_t len);

/*
 * Returns the next element of a comma-separated list, sets *len to its length,
 * and moves *at past it; NULL at the end.
 */
const char *http_list_next(const char **at, size_t *len);

/* Does a comma-separated list have that element? Case is ignored. */
bool http_list_has(const char *list, const char *element);

#endif
