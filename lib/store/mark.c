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

/* Sets boot to the kernel's boot_id, which is "-" where /proc has none. */
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

/* Are the bytes behind the mark in the memory of this kernel? */
static bool
is_of_this_boot(const char *text)
{
	char boot[BOOT_SIZE];

	take_boot(boot);
	return strcmp(text, boot) == 0;
}

uint64_t
mark_counted(int mark, uint64_t size, bool *is_set)
{
	char text[MARK_SIZE], *boot;
	ssize_t n = pread(mark, text, sizeof(text) - 1, 0);
	uint64_t at;

	if (is_set != NULL)
		*is_set = n > 0;
	/* A power cut may leave half a line, before any byte of the body. */
	if (n <= 0 || text[n - 1] != '\n')
		return size;
	text[n - 1] = '\0';
	boot = strchr(text, ' ');
	if (boot != NULL)
		*boot++ = '\0';
	if (number_parse(text, 0, INT64_MAX, &at) == -1 || at >= size)
		return size;
	return boot != NULL && is_of_this_boot(boot) ? size : at;
}

int
mark_set(int mark, uint64_t at, bool has_checksum)
{
	char boot[BOOT_SIZE] = "", text[MARK_SIZE];
	int len;

	if (!has_checksum)
		take_boot(boot);
	/* The line keeps its length: a power cut leaves the old one or the new. */
	len = snprintf(text, sizeof(text), "%020llu%s%s\n",
	    (unsigned long long)at, has_checksum ? "" : " ", boot);
	if (pwrite(mark, text, (size_t)len, 0) != len)
		return -1;
	return fdatasync(mark);
}

int
mark_clear(int mark)
{
	return ftruncate(mark, 0) == -1 ? -1 : fdatasync(mark);
}
