/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Run in an empty directory; it gets trees like /run/vmedia, /sys and configfs.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "redfish/slot-state.h"

#define GADGET "configfs/usb_gadget/vmedia"
#define LUN    GADGET "/functions/mass_storage.0/lun.0"

static struct slot_state slot;

static void
make_dir(const char *path)
{
	char part[PATH_MAX];
	const char *at = path;

	do {
		at += strcspn(at, "/");
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		mkdir(part, 0755);
	} while (*at++ != '\0');
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL && fprintf(f, "%s\n", text) > 0 && fclose(f) == 0);
}

static const char *
state(void)
{
	CHECK(slot_state_read(&slot, 0) == 0);
	return slot.state;
}

/* Hold a lock of the slot, as its vm-slot does. */
static int
hold(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0644);

	CHECK(fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0);
	return fd;
}

static void
test_nothing(void)
{
	CHECK(strcmp(state(), "empty") == 0);
	CHECK(!slot.is_set_up && slot.size == -1 && *slot.url == '\0');
}

static void
make_drive(void)
{
	make_dir(LUN);
	make_dir("sys/class/udc/port");
	make_dir("sys/block/nbd0");
	make_dir("run/0");
	put("sys/class/udc/port/state", "configured");
	put("sys/block/nbd0/pid", "1");
	put(GADGET "/UDC", "port");
	put(LUN "/cdrom", "1");
	put(LUN "/ro", "1");
	put(LUN "/file", "");
	CHECK(strcmp(state(), "empty") == 0);
	CHECK(slot.is_set_up && slot.drive == IMAGE_CD && !slot.writable);
	CHECK(strcmp(slot.host, "configured") == 0);
	put(LUN "/file", "/dev/sda");
	CHECK(strcmp(state(), "other") == 0);
	CHECK(strcmp(slot.file, "/dev/sda") == 0);
}

static void
test_live(void)
{
	int fd = hold("run/0/pid");

	put("run/0/state", "active");
	put("run/0/device", "/dev/nbd0");
	put("run/0/url", "https://h/a.iso");
	put("run/0/size", "4096");
	put("run/0/reads", "7");
	put("run/0/stats", "{\"source\": \"ok\", \"size\": 4096, \"read\": 9, "
			   "\"fetched\": 8, \"written\": 7, \"rate\": 6, "
			   "\"map\": \"0959\"}");
	put(LUN "/file", "/dev/nbd0");
	CHECK(strcmp(state(), "active") == 0 && slot_state_is_in(&slot));
	CHECK(strcmp(slot.url, "https://h/a.iso") == 0 && slot.size == 4096);
	CHECK(slot.inserted > 0 && *slot.drift == '\0');
	CHECK(slot.has_source && slot.read == 9 && slot.fetched == 8);
	CHECK(slot.written == 7 && slot.rate == 6);
	CHECK(strcmp(slot.map, "0f8f") == 0);
	put(LUN "/file", "/dev/sda");
	CHECK(strcmp(state(), "active") == 0);
	CHECK(strcmp(slot.drift, "the drive holds /dev/sda") == 0);
	put(LUN "/file", "/dev/nbd0");
	close(fd);
	CHECK(strcmp(state(), "failed") == 0);
}

static void
test_activating(void)
{
	int fd = hold("run/0/lock");

	put("run/0/state", "activating");
	CHECK(strcmp(state(), "activating") == 0);
	CHECK(slot_state_is_changing(&slot) && !slot_state_is_in(&slot));
	close(fd);
	CHECK(strcmp(state(), "failed") == 0);
}

/* A change of the medium may block readers of some files for hours: the state
 * must be read without them. A FIFO in their place would make a reader wait. */
static void
test_stuck(void)
{
	int fd = hold("run/0/pid");

	CHECK(unlink(LUN "/file") == 0 && mkfifo(LUN "/file", 0644) == 0);
	CHECK(unlink(GADGET "/UDC") == 0 && mkfifo(GADGET "/UDC", 0644) == 0);
	put("run/0/state", "deactivating");
	CHECK(strcmp(state(), "deactivating") == 0);
	CHECK(slot.is_set_up && *slot.file == '\0');
	close(fd);
}

/* A caller that may not test the lock is told no state. */
static void
test_unreadable(void)
{
	if (geteuid() != 0)
		return;
	put("run/0/state", "active");
	CHECK(chmod("run/0/pid", 0600) == 0);
	CHECK(chmod(".", 0755) == 0);
	if (fork() == 0) {
		if (setuid(65534) == -1)
			_exit(2);
		_exit(
		    slot_state_read(&slot, 0) == -1 && errno == EACCES ? 0 : 1);
	} else {
		int status = -1;

		CHECK(wait(&status) != -1 && status == 0);
	}
}

/* Text that came from the network must not mislead the reader. */
static void
test_hostile_stats(void)
{
	slot_state_parse_source(&slot,
	    "{\"read\": 99999999999999999999999, \"fetched\": -1, \"map\": \"");
	CHECK(!slot.has_source && *slot.map == '\0');
	slot_state_parse_source(&slot, "");
	CHECK(!slot.has_source);
}

int
main(void)
{
	setenv("VM_RUN_DIR", "run", 1);
	setenv("VM_SYS", "sys", 1);
	setenv("VM_CONFIGFS", "configfs", 1);
	test_nothing();
	make_drive();
	test_live();
	test_activating();
	test_stuck();
	test_unreadable();
	test_hostile_stats();
	return check_status();
}
