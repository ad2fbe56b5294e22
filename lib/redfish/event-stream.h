/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Events of the slots as server-sent events (DSP0266 section 13.5; HTML,
 * section 9.2): each event of the event log (slot/event-log.h) becomes one
 * Event (DSP0268) with a record of our registry, Vmedia.1.0, and one of
 * ResourceEvent.
 */
#ifndef VM_REDFISH_EVENT_STREAM_H
#define VM_REDFISH_EVENT_STREAM_H

#include "redfish/redfish.h"
#include "slot/event-log.h"

#define EVENT_LISTENERS 8 /* at once */

/*
 * Take a place among the listeners, until this process ends or the descriptor
 * is closed. Returns the descriptor; or -1 with errno, EADDRINUSE if all places
 * are taken.
 */
int event_stream_admit(void);

/*
 * Write the events after the client's Last-Event-ID (without this header, the
 * new events) to the socket as they come, and a comment each 10 seconds.
 * Returns when the client has gone or its session has ended.
 */
void event_stream(struct redfish *r, int fd);

/* Write the Event of a logged event. */
void event_put(struct json_text *, const struct logged_event *);

#endif
