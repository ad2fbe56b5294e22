/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Attributes: the files of one value of sysfs and configfs, with a deadline.
 *
 * An access to an attribute of a USB gadget can wait uninterruptibly for as
 * long as a host's read of a dead medium does: writing a LUN's `file` or a
 * gadget's UDC for that read itself, and then reading them for that write
 * (f_mass_storage.c: filesem; gadget/configfs.c: gi->lock). So each access is
 * made by a child, which is left behind when its time has run out. It holds
 * no descriptor but the attribute's: no lock, and no pipe that somebody reads.
 */
#ifndef VM_GADGET_ATTR_H
#define VM_GADGET_ATTR_H

#include <stddef.h>

/* No kernel attribute of this kind is longer, its newline included. */
#define ATTR_MAX 4096

/* No deadline: the caller itself accesses the attribute, and starts no child. This
 * is for callers that may wait, and for attributes that never make anybody wait. */
#define ATTR_FOREVER (-1)

/*
 * Read the attribute at path, relative to dir as openat(2) has it, into buf
 * without its newline. Returns 0; or -1 with errno: ETIMEDOUT after ms
 * milliseconds, EOVERFLOW if it needs more than size bytes with its NUL, and
 * what open(2), fork(2), pipe(2) and read(2) say.
 */
int attr_read(int dir, const char *path, char *buf, size_t size, int ms);

/*
 * Write value and a newline in one write(2): an empty value too must arrive
 * as something. Returns 0; or -1 with errno: ENAMETOOLONG if that is more
 * than ATTR_MAX - 1 bytes, and as above. After ETIMEDOUT the kernel may still
 * obey, later.
 */
int attr_write(int dir, const char *path, const char *value, int ms);

#endif
