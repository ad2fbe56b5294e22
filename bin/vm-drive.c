/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-drive: the drive of a slot as a program, in place of the kernel's mass storage
 * function: an image of any size is a CD, DVD or Blu-ray disc, and no block device of
 * this machine is needed.
 *
 * It runs in the foreground, and the slot has this drive as long as it runs. One
 * process keeps the drive on the bus; another one, without rights, answers the host
 * (see lib/drive/keeper.h and worker.h).
 */
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/output.h"
#include "drive/keeper.h"
#include "gadget/error.h"
#include "gadget/own.h"
#include "gadget/presence.h"
#include "unix/sd-notify.h"

#define LOCK_MS	    10000 /* a vm-gadget is done by then */
#define SLOT_MS	    2000  /* a vm-drive that is ending, or somebody who looks */
#define DEADLINE_MS 2000  /* of each access to the kernel */
#define OUTAGE	    25	  /* seconds; a host waits 30 */
#define OUTAGE_MAX  3600

static unsigned slot;
static struct drive_medium first = {.outage = OUTAGE};
static struct gadget gadget = {.dir = -1};
static int type = -1;		/* enum image_media; -1: that of the slot */
static int slot_lock;		/* as long as we run */
static int gadgets_lock = -1;	/* while the gadget changes */
static char udc[UDC_NAME_SIZE]; /* the gadget's, before it was unbound */

static void
usage(FILE *out)
{
	fputs("usage: vm-drive [-hVw] [-b BYTES] [-o SECONDS] [-t cd|disk] "
	      "SLOT [SOCKET|FILE]\n",
	    out);
}

static void
help(void)
{
	usage(stdout);
	fputs(
	    "  -b BYTES    the blocks of a disk have 512 or 4096 bytes (512)\n"
	    "  -o SECONDS  reads fail when the source is away for so long "
	    "(25)\n"
	    "  -t cd|disk  the type of the drive (that of the slot)\n"
	    "  -w          the host may write to the disk\n"
	    "With a SOCKET or FILE, the drive ends when that is ejected; "
	    "without one, it is\n"
	    "empty, and vm-gadget insert and eject change its medium.\n",
	    stdout);
}

static void __attribute__((noreturn)) misuse(void)
{
	usage(stderr);
	exit(EX_USAGE);
}

/* --- the slot's gadget ------------------------------------------------------ */

/* Another program that changes the gadgets is waited for. */
static int
lock_gadgets(struct failure *why)
{
	gadgets_lock = gadget_lock(LOCK_MS);
	return gadgets_lock != -1 ? 0 : gadget_fail_lock(why);
}

static void
unlock_gadgets(void)
{
	if (gadgets_lock != -1)
		close(gadgets_lock);
	gadgets_lock = -1;
}

static int
open_slot(struct failure *why)
{
	if (gadget_open_slot(&gadget, slot, DEADLINE_MS) == 0)
		return 0;
	if (errno != ENOENT)
		return fail_errno(why, gadget_exit_status(errno),
		    "unable to use slot %u", slot);
	return fail(why, EX_UNAVAILABLE,
	    "slot %u is not set up: see vm-gadget setup", slot);
}

/* The lock is held until the host can see the drive: show_drive(). */
static int
take_slot(struct failure *why)
{
	struct gadget_medium held;

	if (lock_gadgets(why) == -1 || open_slot(why) == -1)
		return -1;
	if (gadget_udc(&gadget, udc) == -1)
		return gadget_fail(why, &gadget, "use the slot");
	switch (own_take(&gadget, slot, &held)) {
	case GADGET_DONE:
		break;
	case GADGET_HELD:
		return fail(why, EX_TEMPFAIL,
		    "slot %u holds %s, and the drives leave the host for a "
		    "moment: eject it first",
		    held.slot, held.unknown ? "a medium" : held.file);
	default:
		return gadget_fail(why, &gadget, "make the drive");
	}
	if (type != -1 &&
	    gadget_write_type(&gadget, slot, (enum image_media)type) == -1)
		return gadget_fail(
		    why, &gadget, "change the type of the drive");
	return 0;
}

/* Show the gadget to the host, unless it exists on demand and has no medium. */
static int
show_gadget(struct failure *why)
{
	struct gadget_presence presence;
	int rc = gadget_get_presence(&gadget, &presence);

	if (rc == 0 && !presence.on_demand)
		rc = gadget_show(&gadget, *udc != '\0' ? udc : NULL);
	else if (rc == 0 && gadget_is_used(&gadget) == 1)
		rc = gadget_show_on_demand(&gadget);
	return rc == 0
		   ? 0
		   : gadget_fail(why, &gadget, "show the drive to the host");
}

static int
show_drive(struct failure *why)
{
	int rc = show_gadget(why);

	if (rc == 0)
		rc = gadget_udc(&gadget, udc);
	unlock_gadgets();
	return rc;
}

static void
give_back(void)
{
	struct failure why;

	if (gadgets_lock == -1 && lock_gadgets(&why) == -1) {
		warnx("%s", why.text);
		return;
	}
	if (own_give_back(&gadget, slot) == -1) {
		gadget_fail(
		    &why, &gadget, "give the slot back to the kernel's drive");
		warnx("%s", why.text);
	} else if (show_gadget(&why) == -1) {
		warnx("%s", why.text);
	}
	unlock_gadgets();
}

static int
describe(struct scsi_setup *setup, struct failure *why)
{
	static char text[64], serial[16];

	if (own_describe(&gadget, slot, text, setup) == -1)
		return gadget_fail(why, &gadget, "describe the drive");
	snprintf(serial, sizeof(serial), "vmedia%u", slot);
	setup->serial = serial;
	return 0;
}

/* The directory is locked as long as we run: a second vm-drive must not take the slot
 * of the first one. */
static void
lock_slot(void)
{
	const char *run = getenv("VM_RUN_DIR");
	int64_t end = clock_ms() + SLOT_MS;
	char path[PATH_MAX];

	mkdir(run != NULL ? run : "/run/vmedia", 0755);
	mkdir(drive_path(slot, "", path), 0755);
	slot_lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (slot_lock == -1)
		err(EX_CANTCREAT, "unable to open %s", path);
	while (flock(slot_lock, LOCK_EX | LOCK_NB) == -1) {
		if (clock_ms() >= end)
			errx(EX_TEMPFAIL, "slot %u has a vm-drive already",
			    slot);
		clock_sleep_ms(20);
	}
	mkdir(drive_path(slot, "usb", path), 0700);
}

/* --- the drive ------------------------------------------------------------ */

static void
say(const char *line)
{
	warnx("%s", line);
}

static void
say_ready(void)
{
	if ((printf("slot %u: %s\n", slot, *udc != '\0' ? udc : "on-demand") <
		    0 ||
		output_close() == -1) &&
	    errno != EPIPE)
		warn("unable to print that the drive is ready");
	notify_ready();
}

/* A medium that is to come first must be in before the drive is ready. */
static int
show_empty(struct failure *why)
{
	if (show_drive(why) == -1)
		return -1;
	say_ready();
	return 0;
}

static void
on_inserted(void)
{
	struct failure why;

	if (*udc == '\0' &&
	    (lock_gadgets(&why) == -1 || show_drive(&why) == -1))
		warnx("%s", why.text);
	say_ready();
}

static int
catch_end(void)
{
	sigset_t end;
	int fd;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	sigprocmask(SIG_BLOCK, &end, NULL);
	fd = signalfd(-1, &end, SFD_CLOEXEC);
	if (fd == -1)
		err(EX_OSERR, "unable to catch signals");
	return fd;
}

static void __attribute__((noreturn)) die(const struct failure *why)
{
	output_cause(why->cause, why->status);
	errx(why->status, "%s", why->text);
}

/* A lock lasts until all who have its descriptor have closed it. */
static void
forget_locks(void)
{
	unlock_gadgets();
	close(slot_lock);
}

static int
run(bool has_only_medium)
{
	struct drive_medium last;
	struct keeper_setup setup = {.slot = slot,
	    .only_medium = has_only_medium,
	    .describe = describe,
	    .show = has_only_medium ? show_drive : show_empty,
	    .on_inserted = on_inserted,
	    .say = say,
	    .forget = forget_locks};
	struct failure why;
	int rc;

	lock_slot();
	/* A vm-drive that was killed has left its medium. */
	if (has_only_medium)
		setup.first = &first;
	else if (drive_get_medium(slot, &last))
		setup.first = &last;
	if (take_slot(&why) == -1)
		die(&why);
	setup.may_halt = own_may_halt(&gadget, slot);
	setup.stop = catch_end();
	rc = keeper_run(&setup, &why);
	if (rc != KEEPER_REMOVED)
		give_back();
	if (rc == -1)
		die(&why);
	return 0;
}

/* --- options --------------------------------------------------------------- */

static unsigned
parse_number(const char *word, unsigned min, unsigned max)
{
	uint64_t n;

	if (number_parse(word, min, max, &n) == -1)
		misuse();
	return (unsigned)n;
}

static int
parse_type(const char *word)
{
	if (strcmp(word, "cd") != 0 && strcmp(word, "disk") != 0)
		misuse();
	return *word == 'c' ? IMAGE_CD : IMAGE_DISK;
}

/* The type of the drive may be known from the slot only. */
static void
check_medium(unsigned block)
{
	struct gadget_medium drive = {.type = IMAGE_CD};
	struct failure why;
	bool is_cd;

	if (block != 0 && block != 512 && block != 4096)
		misuse();
	if (geteuid() != 0)
		errx(EX_NOPERM, "unable to make a drive: be root");
	if (type != -1)
		drive.type = (enum image_media)type;
	else if (open_slot(&why) == -1)
		die(&why);
	else if (gadget_get_drive(&gadget, slot, &drive) == -1)
		err(EX_UNAVAILABLE, "unable to read the drive's type");
	gadget_close(&gadget);
	is_cd = drive.type == IMAGE_CD;
	if (is_cd && (block != 0 || first.writable))
		misuse();
	first.block_size = block != 0 ? block : is_cd ? 2048 : 512;
}

int
main(int argc, char *argv[])
{
	unsigned block = 0;
	int c;

	output_check_at_exit();
	while ((c = getopt(argc, argv, "b:ho:t:Vw")) != -1) {
		switch (c) {
		case 'b':
			block = parse_number(optarg, 512, 4096);
			break;
		case 'h':
			help();
			return 0;
		case 'o':
			first.outage = parse_number(optarg, 1, OUTAGE_MAX);
			break;
		case 't':
			type = parse_type(optarg);
			break;
		case 'V':
			puts("vm-drive " VERSION);
			return 0;
		case 'w':
			first.writable = true;
			break;
		default:
			misuse();
		}
	}
	argc -= optind;
	argv += optind;
	if (argc < 1 || argc > 2 ||
	    (argc == 1 && (block != 0 || first.writable)))
		misuse();
	slot = parse_number(argv[0], 0, GADGET_SLOTS - 1);
	check_medium(block);
	if (argc == 2 && realpath(argv[1], first.path) == NULL)
		err(EX_NOINPUT, "unable to open %s", argv[1]);
	return run(argc == 2);
}
