/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A JSON text (RFC 8259) that grows: the caller writes objects, arrays and
 * values one after another, and these functions add the commas. When memory
 * runs out, all later calls do nothing: ask json_text_end() once at the end.
 */
#ifndef VM_BASE_JSON_TEXT_H
#define VM_BASE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros: an empty text. */
struct json_text {
	char *data; /* ends with a NUL if json_text_end() returns true */
	size_t len; /* bytes without that NUL */
	size_t room;
	bool failed;
	bool needs_comma;
};

/*
 * Begin and end an object or an array. `name` is the name of a member of an
 * object; it is NULL in an array and for the outermost value, here and below.
 */
void json_begin_object(struct json_text *, const char *name);
void json_end_object(struct json_text *);
void json_begin_array(struct json_text *, const char *name);
void json_end_array(struct json_text *);

/* Write a value. A NULL string becomes null. Any bytes make a valid string
 * (json_quote()). */
void json_put_string(struct json_text *, const char *name, const char *value);
void json_put_number(struct json_text *, const char *name, int64_t value);
void json_put_bool(struct json_text *, const char *name, bool value);
void json_put_null(struct json_text *, const char *name);

/* Is the text complete? False if memory ran out, or nothing was written. */
bool json_text_end(const struct json_text *);

void json_text_free(struct json_text *);

#endif
