/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "store/mark.h"

#define BOOT_SIZE 40 /* a UUID */
#define MARK_SIZE 80

/* Set boot to the kernel's boot_id, or to "-" if /proc has none. */
static void
take_boot(char *boot)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd != -1 ? read(fd, boot, BOOT_SIZE - 1) : -1;

	if (fd != -1)
		close(fd);
	boot[n > 0 ? n : 0] = '\0';
	boot[strcspn(boot, "\n")] = '\0';
	if (boot[0] == '\0')
		strcpy(boot, "-");
}

/* False without a boot_id: then nobody knows which boot this is. */
static bool
is_of_this_boot(const char *text)
{
	char boot[BOOT_SIZE];

	take_boot(boot);
	return boot[0] != '-' && strcmp(text, boot) == 0;
}

struct mark
mark_read(int fd)
{
	char text[MARK_SIZE], *boot;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	struct mark m = {.is_set = n > 0, .at = UINT64_MAX};

	/* A power cut may leave half a line, but only before a byte of the body
	 * is written: all bytes are safe then. */
	if (n <= 0 || text[n - 1] != '\n')
		return m;
	text[n - 1] = '\0';
	boot = strchr(text, ' ');
	if (boot != NULL)
		*boot++ = '\0';
	if (number_parse(text, 0, INT64_MAX, &m.at) == -1)
		m.at = UINT64_MAX;
	m.has_rest = boot != NULL && is_of_this_boot(boot);
	return m;
}

uint64_t
mark_counted(int fd, uint64_t size)
{
	struct mark m = mark_read(fd);

	return m.at < size && !m.has_rest ? m.at : size;
}

int
mark_set(int fd, uint64_t at, enum mark_form form)
{
	char boot[BOOT_SIZE] = "", text[MARK_SIZE];
	int len;

	if (form == MARK_MEMORY)
		take_boot(boot);
	/* A line keeps its length: a power cut leaves either the old line or
	 * the new one. */
	len = snprintf(text, sizeof(text), "%020llu%s%s\n",
	    (unsigned long long)at, boot[0] != '\0' ? " " : "", boot);
	if (pwrite(fd, text, (size_t)len, 0) != len)
		return -1;
	return fdatasync(fd);
}

int
mark_clear(int fd)
{
	return ftruncate(fd, 0) == -1 ? -1 : fdatasync(fd);
}
