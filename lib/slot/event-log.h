/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The last events of all slots, for programs that report them: the files in
 * /run/vmedia/events. A file's name is the event's number, which is one more
 * than the number of the event before. The file has one line, "TIME SLOT EVENT
 * REASON", with the time in seconds since 1970. Only vm-slot writes the files,
 * and keeps the last 64.
 *
 * The events are those of hooks (vm-slot(8)), `activating` and `deactivating`.
 */
#ifndef VM_SLOT_EVENT_LOG_H
#define VM_SLOT_EVENT_LOG_H

#include <stdint.h>

#define EVENT_LOG_MAX 64

struct logged_event {
	uint64_t number;
	int64_t time;
	unsigned slot;
	char event[16];
	char reason[512]; /* "" if there is none */
};

/* Write the path of the directory below `run` (struct state) to buf of PATH_MAX
 * bytes. Returns buf. */
char *event_log_path(const char *run, char *buf);

/* Returns the number of the last event; 0 if there is none. */
uint64_t event_log_last(const char *run);

/*
 * Add an event, and remove those that are too old. Returns 0, or -1 with errno.
 * Several processes may do this at the same time.
 */
int event_log_add(
    const char *run, unsigned slot, const char *event, const char *reason);

/* Read the event of that number. Returns 0; or -1 with errno: ENOENT if there
 * is none (any more), EINVAL if the file is not an event. */
int event_log_get(const char *run, uint64_t number, struct logged_event *);

#endif
