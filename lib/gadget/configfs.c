/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gadget/attr.h"
#include "gadget/configfs.h"

int
gadget_base(void)
{
	const char *configfs = getenv("VM_CONFIGFS");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/usb_gadget",
	    configfs ? configfs : "/sys/kernel/config");
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

const char *
gadget_at(struct gadget *gadget, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(gadget->at, sizeof(gadget->at), format, ap);
	va_end(ap);
	return gadget->at;
}

const char *
gadget_at_lun(struct gadget *gadget, unsigned slot, const char *attr)
{
	return gadget_at(
	    gadget, "functions/mass_storage.%u/lun.0/%s", slot, attr);
}

/*
 * May a read of the attribute wait? For two attributes the kernel takes a lock,
 * and a write that waits for a host's read may hold it (f_mass_storage.c: filesem
 * for `file`; configfs.c: gi->lock for UDC). It prints all others from memory.
 */
static bool
may_wait(const char *attr)
{
	const char *slash = strrchr(attr, '/');

	attr = slash != NULL ? slash + 1 : attr;
	return strcmp(attr, "file") == 0 || strcmp(attr, "UDC") == 0;
}

int
gadget_get(struct gadget *gadget, char *buf, size_t size)
{
	int ms = may_wait(gadget->at) ? gadget->ms : ATTR_FOREVER;

	return attr_read(gadget->dir, gadget->at, buf, size, ms);
}

int
gadget_set(struct gadget *gadget, const char *value)
{
	return attr_write(gadget->dir, gadget->at, value, gadget->ms);
}

int
gadget_set_if_any(struct gadget *gadget, const char *value)
{
	int rc = gadget_set(gadget, value);

	return rc == -1 && errno == ENOENT ? 0 : rc;
}
