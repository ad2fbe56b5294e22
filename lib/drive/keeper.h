/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The keeper holds the drive: the descriptors of its USB function, without which it
 * would leave the bus, and what the host knows of it. It parses nothing of the host.
 * It makes the connection to the source, starts the worker again whenever that ends,
 * and takes requests (control.h).
 */
#ifndef VM_DRIVE_KEEPER_H
#define VM_DRIVE_KEEPER_H

#include "drive/keeper-setup.h"

/*
 * Answer the host until stop can be read, or a request ends it; media are ejected
 * then, and what the host wrote is safe. Returns an enum keeper_end; or -1 with the
 * failure described, with EX_IOERR where something that the host wrote to the only
 * medium is lost.
 */
int keeper_run(const struct keeper_setup *, struct failure *);

#endif
