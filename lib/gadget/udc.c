/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gadget/attr.h"
#include "gadget/udc.h"

static const char *
class_path(char path[PATH_MAX], const char *name, const char *attr)
{
	const char *sys = getenv("VM_SYS");

	snprintf(path, PATH_MAX, "%s/class/udc/%s/%s", sys ? sys : "/sys", name,
	    attr);
	return path;
}

static int
read_attr(const char *name, const char *attr, char *buf, size_t size, int ms)
{
	char path[PATH_MAX];

	return attr_read(AT_FDCWD, class_path(path, name, attr), buf, size, ms);
}

/*
 * `function` names the gadget driver that uses the UDC. Reading it waits while a
 * driver is being unbound (udc/core.c: udc_lock); that UDC is not free, either.
 */
static bool
is_free(const char *name, int ms)
{
	char function[NAME_MAX + 1] = "";

	if (read_attr(name, "function", function, sizeof(function), ms) == -1)
		return errno != ETIMEDOUT;
	return *function == '\0';
}

static int
is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strlen(entry->d_name) < UDC_NAME_SIZE;
}

/* Count the free UDCs, and copy the name of the first to name if that is not
 * NULL. */
static int
scan(const char *only, char *name, int ms)
{
	char path[PATH_MAX];
	struct dirent **list;
	int i, n, seen = 0, nfree = 0;

	n = scandir(class_path(path, "", ""), &list, is_name, versionsort);
	if (n == -1) {
		if (errno == ENOENT)
			errno = ENODEV;
		return -1;
	}
	for (i = 0; i < n; i++) {
		const char *udc = list[i]->d_name;

		if (only == NULL || strcmp(udc, only) == 0) {
			seen++;
			if (is_free(udc, ms) && nfree++ == 0 && name != NULL)
				strcpy(name, udc); /* is_name: it fits */
		}
		free(list[i]);
	}
	free(list);
	if (seen == 0) {
		errno = ENODEV;
		return -1;
	}
	return nfree;
}

int
udc_count_free(int ms)
{
	return scan(NULL, NULL, ms);
}

int
udc_find_free(const char *only, char name[UDC_NAME_SIZE], int ms)
{
	int nfree = scan(only, name, ms);

	if (nfree == 0)
		errno = EBUSY;
	return nfree > 0 ? 0 : -1;
}

int
udc_state(const char *name, char state[UDC_STATE_SIZE])
{
	return read_attr(name, "state", state, UDC_STATE_SIZE, ATTR_FOREVER);
}

bool
udc_stalls_badly(const char *name)
{
	char path[PATH_MAX], driver[PATH_MAX];
	const char *base;
	ssize_t len;

	len = readlink(class_path(path, name, "device/driver"), driver,
	    sizeof(driver) - 1);
	if (len == -1)
		return false;
	driver[len] = '\0';
	base = strrchr(driver, '/');
	base = base ? base + 1 : driver;
	return strcmp(base, "dwc2") == 0 || strcmp(base, "dwc3") == 0;
}
