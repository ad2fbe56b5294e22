/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drive/place.h"
#include "gadget/gadget.h"

/* --- finding ----------------------------------------------------------- */

int
gadget_lock(int ms)
{
	static const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	int fd, saved;

	fd = gadget_base();
	if (fd == -1)
		return -1;
	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK || ms <= 0) {
			saved = errno;
			close(fd);
			errno = saved;
			return -1;
		}
		nanosleep(&pause, NULL);
		ms -= 20;
	}
	return fd;
}

const char *
gadget_name(int number, char name[static 16])
{
	if (number == GADGET_ALL)
		snprintf(name, 16, "vmedia");
	else
		snprintf(name, 16, "vmedia.%hhu", (unsigned char)number);
	return name;
}

int
gadget_open(struct gadget *gadget, int number, int ms)
{
	char name[16];
	int base, saved;

	*gadget = (struct gadget){.dir = -1, .number = number, .ms = ms};
	base = gadget_base();
	if (base == -1)
		return -1;
	gadget->dir = openat(
	    base, gadget_name(number, name), O_PATH | O_DIRECTORY | O_CLOEXEC);
	saved = errno;
	close(base);
	errno = saved;
	return gadget->dir == -1 ? -1 : 0;
}

int
gadget_open_slot(struct gadget *gadget, unsigned slot, int ms)
{
	const int numbers[] = {(int)slot, GADGET_ALL};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (gadget_open(gadget, numbers[i], ms) == -1) {
			if (errno != ENOENT)
				return -1;
			continue;
		}
		if (gadget_has_slot(gadget, slot))
			return 0;
		gadget_close(gadget);
	}
	errno = ENOENT;
	return -1;
}

void
gadget_close(struct gadget *gadget)
{
	int saved = errno;

	if (gadget->dir != -1)
		close(gadget->dir);
	gadget->dir = -1;
	errno = saved;
}

/* --- a gadget ---------------------------------------------------------- */

bool
gadget_has_slot(struct gadget *gadget, unsigned slot)
{
	gadget_at(gadget, "functions/mass_storage.%u", slot);
	return faccessat(gadget->dir, gadget->at, F_OK, 0) == 0;
}

bool
gadget_is_own(struct gadget *gadget, unsigned slot)
{
	gadget_at(gadget, "functions/" OWN_FUNCTION, slot);
	return faccessat(gadget->dir, gadget->at, F_OK, 0) == 0;
}

bool
gadget_is_whole(struct gadget *gadget, unsigned slot)
{
	gadget_at(gadget, "configs/c.1/mass_storage.%u", slot);
	if (faccessat(gadget->dir, gadget->at, F_OK, 0) == 0)
		return true;
	gadget_at(gadget, "configs/c.1/" OWN_FUNCTION, slot);
	return faccessat(gadget->dir, gadget->at, F_OK, 0) == 0 &&
	       drive_is_alive(slot);
}

/* The target of the link is an absolute path, because configfs would resolve a
 * relative one from the current directory. */
int
gadget_link_function(struct gadget *gadget, const char *function)
{
	char target[PATH_MAX], fd[64];
	ssize_t len;

	snprintf(fd, sizeof(fd), "/proc/self/fd/%d", gadget->dir);
	len = readlink(fd, target, sizeof(target));
	if (len == -1)
		return -1;
	gadget_at(gadget, "configs/c.1/%s", function);
	if ((size_t)snprintf(target + len, sizeof(target) - len,
		"/functions/%s", function) >= sizeof(target) - len) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return symlinkat(target, gadget->dir, gadget->at);
}

int
gadget_udc(struct gadget *gadget, char udc[UDC_NAME_SIZE])
{
	gadget_at(gadget, "UDC");
	return gadget_get(gadget, udc, UDC_NAME_SIZE);
}

int
gadget_bind(struct gadget *gadget, const char *udc)
{
	gadget_at(gadget, "UDC");
	return gadget_set(gadget, udc);
}

int
gadget_unbind(struct gadget *gadget)
{
	int rc;

	gadget_at(gadget, "UDC");
	rc = gadget_set(gadget, "");
	/* ENODEV: it was not bound. */
	return rc == -1 && errno == ENODEV ? 0 : rc;
}
