/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The records of the image store on disk, as vm-image makes them: a directory
 * for each, with a file for each value.
 */
#ifndef VM_DOOR_STORE_H
#define VM_DOOR_STORE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is the text 16 hex digits? */
bool store_is_id(const char *text);

/* Does the store have an owner of that name, other than root? */
bool store_has_owner(const char *store, const char *name);

/* Does that owner have an image of that name? */
bool store_has_image(const char *store, const char *owner, const char *name);

/*
 * Open the directory of a record in `place`, which is "incoming" or "images";
 * no part of the path below the store may be a symbolic link. Returns the
 * descriptor, or -1 with errno.
 */
int store_open_record(const char *store, const char *place, const char *id);

/* Read a value of a record, without its newline. Returns whether it
 * exists and fits. */
bool store_value(int record, const char *name, char *value, size_t size);

/* The same for a number; 0 if there is none. */
uint64_t store_number(int record, const char *name);

/* Write a value, whole or not at all. Returns 0, or -1 with errno. */
int store_set_value(int record, const char *name, const char *value);

/* Open a file of a record, which must be a regular file with one link. Returns
 * the descriptor, close-on-exec; or -1 with errno. */
int store_open_file(int record, const char *name, int flags);

/* Is another process at work on this record: is its directory flock(2)ed? */
bool store_is_at_work(int record);

#endif
