/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-drive: the drive of a slot as a program, in place of the kernel's mass
 * storage function. An image of any size is a CD, DVD or Blu-ray disc, and this
 * machine needs no block device.
 *
 * It runs in the foreground, and the slot has this drive as long as it runs.
 * One process keeps the drive on the bus; another one, without rights, answers
 * the host (see lib/drive/keeper.h and worker.h).
 */
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/options.h"
#include "base/output.h"
#include "drive/keeper.h"
#include "gadget/own-drive.h"
#include "unix/atomic-file.h"
#include "unix/privileges.h"
#include "unix/sd-notify.h"

#define SLOT_MS	   2000 /* until an ending vm-drive or a test unlocks */
#define OUTAGE	   25	/* seconds; a host waits 30 */
#define OUTAGE_MAX 3600

static struct own_drive drive;
static struct drive_medium first; /* zeros, which take no room in the file */
static int slot_lock;		  /* held as long as we run */
static bool is_background;

static void
usage(FILE *out)
{
	fputs("usage: vm-drive [-BhVw] [-b BYTES] [-o SECONDS] [-t cd|disk] "
	      "SLOT [SOCKET|FILE]\n"
	      "       vm-drive -e SLOT\n",
	    out);
}

static void
help(void)
{
	usage(stdout);
	fputs(
	    "  -B          go on in the background when the drive is ready\n"
	    "  -b BYTES    the blocks of a disk have 512 or 4096 bytes (512)\n"
	    "  -e          end the vm-drive of the slot\n"
	    "  -o SECONDS  reads fail if the source does not answer this long "
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

#define SEE " (see vm-drive -h)"

static void __attribute__((noreturn)) die(const struct failure *why)
{
	output_cause(why->cause, why->status);
	errx(why->status, "%s", why->text);
}

/* --- the slot --------------------------------------------------------------- */

/* Lock the directory as long as we run: a second vm-drive must not take the
 * slot of the first one. */
static void
lock_slot(void)
{
	const char *run = getenv("VM_RUN_DIR");
	int64_t end = clock_ms() + SLOT_MS;
	char path[PATH_MAX];

	mkdir(run != NULL ? run : "/run/vmedia", 0755);
	mkdir(drive_path(drive.slot, "", path), 0755);
	slot_lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (slot_lock == -1)
		err(EX_CANTCREAT, "unable to open %s", path);
	while (flock(slot_lock, LOCK_EX | LOCK_NB) == -1) {
		if (clock_ms() >= end)
			errx(EX_TEMPFAIL, "slot %u has a vm-drive already",
			    drive.slot);
		clock_sleep_ms(20);
	}
	mkdir(drive_path(drive.slot, "usb", path), 0700);
	unlink(drive_path(drive.slot, "error", path));
}

/* Close the locks in the worker: a lock lasts until all processes with its
 * descriptor have closed it, and the worker must have nothing that it does not
 * need. */
static void
forget(void)
{
	if (drive.lock != -1)
		close(drive.lock);
	close(slot_lock);
	close(drive.gadget.dir);
}

/* Leave the reason in a file for vm-slot: a service has it only in its
 * journal. */
static void __attribute__((noreturn)) die_with_trace(const struct failure *why)
{
	char path[PATH_MAX], line[FAILURE_TEXT_SIZE + 16];
	int n = snprintf(line, sizeof(line), "%d %s", why->status, why->text);

	if (replace_file(
		drive_path(drive.slot, "error", path), line, (size_t)n) == -1)
		warn("unable to write %s", path);
	die(why);
}

/* --- the drive -------------------------------------------------------------- */

/* The journal adds the time itself; in the background, we add it for our
 * file. */
static void
say(const char *line)
{
	time_t now = time(NULL);
	char when[32] = "";
	struct tm tm;

	if (is_background && gmtime_r(&now, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ ", &tm);
	dprintf(
	    STDERR_FILENO, "%svm-drive: slot %u: %s\n", when, drive.slot, line);
}

/* In the background nobody reads our messages: write them to a file. */
static void
leave_terminal(void)
{
	char path[PATH_MAX];
	int fd = open(drive_path(drive.slot, "log", path),
	    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	if (fd == -1)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void
say_ready(void)
{
	const char *udc = *drive.udc != '\0' ? drive.udc : "on-demand";

	if ((printf("slot %u: %s\n", drive.slot, udc) < 0 ||
		output_close() == -1) &&
	    errno != EPIPE)
		warn("unable to print that the drive is ready");
	fill_standard_streams();
	notify_ready();
	if (is_background)
		leave_terminal();
}

static int
describe(struct scsi_setup *setup, struct failure *why)
{
	return own_drive_describe(&drive, setup, why);
}

static int
show(struct failure *why)
{
	return own_drive_show(&drive, why);
}

/* An empty drive is ready at once. A drive that is started with a medium is
 * ready when the medium is in: on_inserted(). */
static int
show_empty(struct failure *why)
{
	if (show(why) == -1)
		return -1;
	say_ready();
	return 0;
}

static void
on_inserted(void)
{
	struct failure why;

	if (*drive.udc == '\0' && show(&why) == -1)
		say(why.text);
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

/* Take the slot, unless systemd has kept the drive of a vm-drive that was
 * killed. */
static void
take_slot(struct drive_store *store, int type)
{
	struct failure why;

	if (store_open(store) == -1)
		err(EX_OSERR, "unable to get memory");
	if (store->is_kept && own_drive_resumes(&drive))
		return;
	if (store->is_kept && store_renew(store) == -1)
		err(EX_OSERR, "unable to get memory");
	if (own_drive_take(&drive, type, &why) == -1)
		die_with_trace(&why);
}

static int
run(bool has_only_medium, int type)
{
	static struct drive_store store;
	struct keeper_setup setup = {.slot = drive.slot,
	    .store = &store,
	    .only_medium = has_only_medium,
	    .describe = describe,
	    .show = has_only_medium ? show : show_empty,
	    .on_inserted = on_inserted,
	    .say = say,
	    .forget = forget};
	struct failure why, other;
	struct drive_medium last;
	int rc;

	umask(022); /* all may read which medium is in */
	signal(SIGPIPE, SIG_IGN);
	lock_slot();
	/* Go on with the medium that a killed vm-drive has left. */
	if (has_only_medium)
		setup.first = &first;
	else if (drive_get_medium(drive.slot, &last))
		setup.first = &last;
	take_slot(&store, type);
	setup.may_halt = own_may_halt(&drive.gadget, drive.slot);
	setup.stop = catch_end();
	rc = keeper_run(&setup, &why);
	if (rc != KEEPER_REMOVED && own_drive_give_back(&drive, &other) == -1)
		say(other.text);
	if (rc == -1)
		die_with_trace(&why);
	return 0;
}

/* Make a child, which returns and becomes the drive. The parent prints what the
 * child prints when it is ready, or exits with the child's status. */
static void
go_to_background(void)
{
	int ends[2], status;
	char line[128];
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		err(EX_OSERR, "unable to start a process");
	if (pid == 0) {
		setsid();
		dup2(ends[1], STDOUT_FILENO);
		close_from(STDERR_FILENO + 1);
		return;
	}
	close(ends[1]);
	n = read(ends[0], line, sizeof(line));
	if (n > 0) {
		printf("%.*s", (int)n, line);
		exit(0);
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EX_OSERR);
}

static int
end_other(void)
{
	struct failure why;

	if (own_drive_end(&drive, &why) == -1)
		die(&why);
	return 0;
}

/* --- options ---------------------------------------------------------------- */

static unsigned
parse_number(const char *what, const char *word, unsigned min, unsigned max)
{
	uint64_t n;

	if (number_parse(word, min, max, &n) == -1)
		errx(EX_USAGE, "%s %s: not a number from %u to %u" SEE, what,
		    word, min, max);
	return (unsigned)n;
}

static unsigned
parse_block(const char *word)
{
	if (strcmp(word, "512") != 0 && strcmp(word, "4096") != 0)
		errx(EX_USAGE, "-b %s: not 512 or 4096" SEE, word);
	return *word == '5' ? 512 : 4096;
}

static int
parse_type(const char *word)
{
	if (strcmp(word, "cd") != 0 && strcmp(word, "disk") != 0)
		errx(EX_USAGE, "-t %s: not cd or disk" SEE, word);
	return *word == 'c' ? IMAGE_CD : IMAGE_DISK;
}

/* Refuse options that are only for a disk, and set the block size. */
static void
check_medium(int given, unsigned block)
{
	enum image_media type = (enum image_media)given;
	struct failure why;
	bool is_cd;

	if (geteuid() != 0)
		errx(EX_NOPERM, "unable to make a drive: be root");
	if (given == -1 && own_drive_type(&drive, &type, &why) == -1)
		die(&why);
	is_cd = type == IMAGE_CD;
	if (is_cd && (block != 0 || first.writable))
		errx(EX_USAGE,
		    "-%c is for a disk, and slot %u is a CD drive: use -t "
		    "disk, "
		    "or another slot" SEE,
		    block != 0 ? 'b' : 'w', drive.slot);
	first.block_size = block != 0 ? block : is_cd ? 2048 : 512;
}

int
main(int argc, char *argv[])
{
	int c, type = -1;
	unsigned block = 0;
	bool ends = false;

	output_check_at_exit();
	first.outage = OUTAGE;
	while ((c = options_next(argc, argv, "Bb:eho:t:Vw")) != -1) {
		switch (c) {
		case 'B':
			is_background = true;
			break;
		case 'b':
			block = parse_block(optarg);
			break;
		case 'e':
			ends = true;
			break;
		case 'h':
			help();
			return 0;
		case 'o':
			first.outage =
			    parse_number("-o", optarg, 1, OUTAGE_MAX);
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
	if (argc < 1 || argc > 2 || (argc == 2 && ends))
		misuse();
	own_drive_init(
	    &drive, parse_number("slot", argv[0], 0, GADGET_SLOTS - 1));
	if (argc == 1 && !ends && (block != 0 || first.writable))
		errx(EX_USAGE,
		    "-%c needs the SOCKET or FILE of a medium; of an empty "
		    "drive, vm-gadget insert takes -b and -w" SEE,
		    block != 0 ? 'b' : 'w');
	if (ends)
		return end_other();
	if (is_background)
		go_to_background();
	check_medium(type, block);
	if (argc == 2 && realpath(argv[1], first.path) == NULL)
		err(EX_NOINPUT, "unable to open %s", argv[1]);
	return run(argc == 2, type);
}
