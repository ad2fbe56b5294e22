/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The medium of the worker, from the insertion until it leaves, and the requests to its
 * source that have ended.
 */
#ifndef VM_DRIVE_TRAY_H
#define VM_DRIVE_TRAY_H

#include "drive/worker-state.h"

/* Tell the keeper. */
void tray_tell(struct worker *, enum drive_news);

/* The keeper has a medium, or the source of the one that is in, which a predecessor
 * has left. The descriptor is ours. */
void tray_insert(struct worker *, const struct drive_message *, int fd);

/* The host has the medium no more, also if it has locked the drive. */
void tray_take_out(struct worker *);

/* The medium was ejected by our side: flush its source, and drop it. */
void tray_eject(struct worker *);

/* Close the medium's source, and tell the keeper, also of the error of its flush if
 * that is not 0. What moves its bytes fails as soon as the bus allows it. */
void tray_drop(struct worker *, int error);

/* Requests of the source that have ended. */
void tray_collect(struct worker *);

/* Does the command wait for a medium's source? */
bool tray_awaits_source(const struct worker *);

/* The source is away for too long: what waits for it fails. */
void tray_give_up(struct worker *);

#endif
