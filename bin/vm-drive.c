/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-drive: a USB drive of the host that is this program, and not the kernel's mass
 * storage function: an image of any size is a CD, DVD or Blu-ray disc, and no block
 * device of this machine is needed.
 *
 * It runs in the foreground, and the host sees the drive as long as it runs. One
 * process keeps the drive on the bus; another one, without rights, answers the host
 * (see lib/drive/keeper.h and worker.h).
 */
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/number.h"
#include "base/output.h"
#include "drive/keeper.h"
#include "gadget/error.h"
#include "gadget/own.h"
#include "unix/sd-notify.h"

#define LOCK_MS	    10000 /* a vm-gadget is done by then */
#define DEADLINE_MS 2000  /* of each access to the kernel */
#define OUTAGE	    25	  /* seconds; a host waits 30 */
#define OUTAGE_MAX  3600

static struct own_plan plan = {.ms = DEADLINE_MS};
static struct gadget gadget = {.dir = -1};
static char udc[UDC_NAME_SIZE], mount_dir[PATH_MAX];

static void
usage(FILE *out)
{
	fputs(
	    "usage: vm-drive [-hVw] [-b BYTES] [-i NAME=VALUE]... [-o SECONDS] "
	    "[-S 0|1]\n"
	    "                [-t cd|disk] [-u UDC] SLOT SOCKET|FILE\n",
	    out);
}

static void
help(void)
{
	usage(stdout);
	fputs(
	    "  -b BYTES       the blocks of a disk have 512 or 4096 bytes "
	    "(512)\n"
	    "  -i NAME=VALUE  an ID or a string of the drive, as of "
	    "vm-gadget setup\n"
	    "  -o SECONDS     reads fail when the source is away for so long "
	    "(25)\n"
	    "  -S 0|1         the function may halt its endpoints (as the UDC "
	    "suits)\n"
	    "  -t cd|disk     the type of the drive (cd)\n"
	    "  -u UDC         use only this USB device controller\n"
	    "  -w             the host may write to the disk\n",
	    stdout);
}

static void __attribute__((noreturn)) misuse(void)
{
	usage(stderr);
	exit(EX_USAGE);
}

/* --- the gadget ----------------------------------------------------------- */

/* Another program that changes the gadgets is waited for. Returns the lock, or -1
 * with the failure described. */
static int
lock_gadgets(struct failure *why)
{
	int fd = gadget_lock(LOCK_MS);

	return fd != -1 ? fd : gadget_fail_lock(why);
}

static int
fail_gadget(struct failure *why, const char *what)
{
	int error = errno;
	char name[16];

	if (error == EBUSY && strcmp(gadget.at, "UDC") == 0)
		return fail(why, EX_TEMPFAIL,
		    "unable to %s: another gadget uses the UDC: vm-gadget "
		    "teardown",
		    what);
	if (error == ENODEV && strcmp(gadget.at, "UDC") == 0)
		return fail(why, EX_UNAVAILABLE,
		    "unable to %s: there is no USB device controller (UDC)",
		    what);
	if (error == ENOENT && strncmp(gadget.at, "functions/", 10) == 0)
		return fail(why, EX_UNAVAILABLE,
		    "unable to %s: this kernel has no FunctionFS: modprobe "
		    "usb_f_fs",
		    what);
	return fail(why, gadget_exit_status(error), "unable to %s: %s/%s: %s",
	    what, gadget_name(GADGET_OWN + (int)plan.slot, name), gadget.at,
	    gadget_strerror(error));
}

static int
make_drive(struct failure *why)
{
	int lock = lock_gadgets(why), rc;

	if (lock == -1)
		return -1;
	rc = own_make(&plan, &gadget, udc);
	if (rc == -1) {
		fail_gadget(why, "make the drive");
		own_remove(&plan, &gadget);
	}
	close(lock);
	return rc;
}

static int
show_drive(struct failure *why)
{
	int lock = lock_gadgets(why), rc;

	if (lock == -1)
		return -1;
	rc = gadget_bind(&gadget, udc);
	if (rc == -1)
		fail_gadget(why, "show the drive to the host");
	close(lock);
	return rc;
}

static void
remove_drive(void)
{
	struct failure why;
	int lock = lock_gadgets(&why);

	if (own_remove(&plan, &gadget) == -1) {
		fail_gadget(&why, "remove the drive");
		warnx("%s", why.text);
	}
	if (lock != -1)
		close(lock);
	rmdir(mount_dir);
}

/* Where FunctionFS is mounted. The directory is locked as long as we run: a second
 * vm-drive must not remove the drive of the first one. */
static void
lock_slot(void)
{
	const char *run = getenv("VM_RUN_DIR");
	char path[PATH_MAX];
	int fd;

	if (run == NULL)
		run = "/run/vmedia";
	mkdir(run, 0755);
	snprintf(path, sizeof(path), "%s/drive.%u", run, plan.slot);
	snprintf(mount_dir, sizeof(mount_dir), "%.*s/usb", PATH_MAX - 5, path);
	mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		err(EX_CANTCREAT, "unable to open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == -1)
		errx(EX_TEMPFAIL, "slot %u is used by another vm-drive",
		    plan.slot);
	mkdir(mount_dir, 0700);
	plan.mount = mount_dir;
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
	if ((printf("slot %u: %s\n", plan.slot, udc) < 0 ||
		output_close() == -1) &&
	    errno != EPIPE)
		warn("unable to print that the drive is ready");
	notify_ready();
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

static int
run(struct keeper_setup *setup, int stall)
{
	const char(*names)[IDENTITY_SIZE] = plan.identity.values;
	struct failure why;
	char serial[16];

	if (geteuid() != 0)
		errx(EX_NOPERM, "unable to make a drive: be root");
	lock_slot();
	snprintf(serial, sizeof(serial), "vmedia%u", plan.slot);
	setup->drive.vendor = names[IDENTITY_INQUIRY_VENDOR];
	setup->drive.revision = names[IDENTITY_INQUIRY_REVISION];
	setup->drive.product = gadget_identity_product(&plan.identity,
	    setup->drive.type == SCSI_CD ? IMAGE_CD : IMAGE_DISK);
	setup->drive.serial = serial;
	setup->dir = mount_dir;
	if (make_drive(&why) == -1) {
		rmdir(mount_dir);
		errx(why.status, "%s", why.text);
	}
	setup->may_halt = stall != -1 ? stall : !udc_stalls_badly(udc);
	setup->stop = catch_end();
	if (keeper_run(setup, &why) == 0) {
		remove_drive();
		return 0;
	}
	remove_drive();
	output_cause(why.cause, why.status);
	errx(why.status, "%s", why.text);
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

static void
parse_type(const char *word, struct keeper_setup *setup)
{
	if (strcmp(word, "cd") != 0 && strcmp(word, "disk") != 0)
		misuse();
	setup->drive.type = *word == 'c' ? SCSI_CD : SCSI_DISK;
}

static void
take_identity(const char *setting)
{
	const char *why = gadget_identity_take(&plan.identity, setting);

	if (why != NULL)
		errx(EX_USAGE, "%s: %s", setting, why);
}

static void
check_blocks(struct keeper_setup *setup, unsigned block)
{
	bool is_cd = setup->drive.type == SCSI_CD;

	if ((is_cd && (block != 0 || setup->writable)) ||
	    (block != 0 && block != 512 && block != 4096))
		misuse();
	setup->block_size = block != 0 ? block : is_cd ? 2048 : 512;
}

int
main(int argc, char *argv[])
{
	struct keeper_setup setup = {.drive.type = SCSI_CD,
	    .outage = OUTAGE,
	    .show = show_drive,
	    .on_ready = say_ready,
	    .say = say};
	unsigned block = 0;
	int c, stall = -1;

	output_check_at_exit();
	gadget_identity_init(&plan.identity);
	while ((c = getopt(argc, argv, "b:hi:o:S:t:u:Vw")) != -1) {
		switch (c) {
		case 'b':
			block = parse_number(optarg, 512, 4096);
			break;
		case 'h':
			help();
			return 0;
		case 'i':
			take_identity(optarg);
			break;
		case 'o':
			setup.outage = parse_number(optarg, 1, OUTAGE_MAX);
			break;
		case 'S':
			stall = (int)parse_number(optarg, 0, 1);
			break;
		case 't':
			parse_type(optarg, &setup);
			break;
		case 'u':
			plan.udc = optarg;
			break;
		case 'V':
			puts("vm-drive " VERSION);
			return 0;
		case 'w':
			setup.writable = true;
			break;
		default:
			misuse();
		}
	}
	if (argc - optind != 2)
		misuse();
	check_blocks(&setup, block);
	plan.slot = parse_number(argv[optind], 0, GADGET_SLOTS - 1);
	setup.source = argv[optind + 1];
	return run(&setup, stall);
}
