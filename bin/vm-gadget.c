/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-gadget: the host's drives. Makes them as USB gadgets, puts media in and
 * takes them out, and says what the kernel says of them.
 *
 * What it says it has read back, and nothing that it does waits for ever: a
 * medium whose source is dead would hold up its eject until the next boot.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/fs.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "attr.h"
#include "gadget.h"
#include "image.h"
#include "json.h"
#include "number.h"
#include "udc.h"

#define LOCK_MS	  10000 /* another vm-gadget is done by then */
#define DEADLINE  2	/* seconds */
#define ETOOSMALL 525	/* include/linux/errno.h: user space has no name */

/* What the command line says, for all verbs. */
struct options {
	bool dvd, force, json, retype, write;
	const char *field; /* NULL: all of them */
	const char *type;  /* NULL: what the drive is */
	const char *udc;
	int stall; /* 0, 1, or -1 */
	int ms;
	int argc;
	char **argv;
};

static void cmd_setup(const struct options *opt);
static void cmd_insert(const struct options *opt);
static void cmd_eject(const struct options *opt);
static void cmd_status(const struct options *opt);
static void cmd_wait(const struct options *opt);
static void cmd_teardown(const struct options *opt);

static const struct verb {
	const char *name;
	void (*run)(const struct options *opt);
	const char *options;
	int min, max; /* arguments */
	const char *usage, *help;
} verbs[] = {
    {"setup", cmd_setup, "hS:T:u:", 0, GADGET_SLOTS,
	"[-S 0|1] [-T SECONDS] [-u UDC] [cd|disk]...",
	"make the drives, empty; slot 0 first (cd disk)"},
    {"insert", cmd_insert, "DhRT:t:w", 2, 2,
	"[-DRw] [-T SECONDS] [-t cd|disk] SLOT FILE",
	"put a file or block device into a drive"},
    {"eject", cmd_eject, "fhT:", 1, 1, "[-f] [-T SECONDS] SLOT",
	"take the medium out of a drive"},
    {"status", cmd_status, "f:hjT:", 0, 1,
	"[-j] [-f FIELD] [-T SECONDS] [SLOT]",
	"say what is in the drives (fields: type file ro udc state)"},
    {"wait", cmd_wait, "h", 1, 1, "SLOT", "wait until a drive is empty"},
    {"teardown", cmd_teardown, "hT:", 0, 0, "[-T SECONDS]",
	"eject all and remove the drives"},
};
#define NVERBS (sizeof(verbs) / sizeof(*verbs))

static const char *const fields[] = {"type", "file", "ro", "udc", "state"};
#define NFIELDS (sizeof(fields) / sizeof(*fields))

static void
usage(FILE *out)
{
	size_t i;

	for (i = 0; i < NVERBS; i++)
		fprintf(out, "%s vm-gadget %s %s\n",
		    i == 0 ? "usage:" : "      ", verbs[i].name,
		    verbs[i].usage);
	fprintf(out, "       vm-gadget -h | -V\n");
	for (i = 0; i < NVERBS; i++)
		fprintf(out, "%-8s  %s\n", verbs[i].name, verbs[i].help);
}

static void __attribute__((noreturn)) misuse(void)
{
	usage(stderr);
	exit(EX_USAGE);
}

static enum image_media
parse_type(const char *word)
{
	if (strcmp(word, "cd") == 0)
		return IMAGE_CD;
	if (strcmp(word, "disk") != 0)
		misuse();
	return IMAGE_DISK;
}

static unsigned
parse_number(const char *word, unsigned min, unsigned max)
{
	uint64_t n;

	if (number_parse(word, min, max, &n) == -1)
		misuse();
	return (unsigned)n;
}

static unsigned
parse_slot(const char *word)
{
	return parse_number(word, 0, GADGET_SLOTS - 1);
}

/* --- failing ----------------------------------------------------------- */

static int
status_of(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
	case EROFS:
		return EX_NOPERM;
	case EBUSY:
		return EX_TEMPFAIL;
	case EIO:
	case ETIMEDOUT:
		return EX_IOERR;
	case ENODEV:
	case ENOENT:
		return EX_UNAVAILABLE;
	case ETOOSMALL:
		return EX_DATAERR;
	default:
		return EX_OSERR;
	}
}

/* Give up on what was to be done with a gadget, by errno. */
static void __attribute__((noreturn))
fail(const struct gadget *gadget, const char *what)
{
	char name[16];
	int error = errno;

	if (error == ETIMEDOUT)
		errx(EX_IOERR,
		    "unable to %s: the medium's source does not answer", what);
	errx(status_of(error), "unable to %s: %s/%s: %s", what,
	    gadget_name(gadget->number, name), gadget->at,
	    error == ETOOSMALL ? "too small for the drive" : strerror(error));
}

/* Held to our end. */
static void
lock(void)
{
	if (gadget_lock(LOCK_MS) != -1)
		return;
	if (errno == EWOULDBLOCK)
		errx(EX_TEMPFAIL, "another vm-gadget is at work");
	if (errno == ENOENT)
		errx(EX_UNAVAILABLE,
		    "there are no USB gadgets in configfs: modprobe "
		    "libcomposite; mount -t configfs none /sys/kernel/config");
	err(status_of(errno), "unable to use USB gadgets");
}

static void
open_slot(struct gadget *gadget, unsigned slot, int ms)
{
	if (gadget_open_slot(gadget, slot, ms) == 0)
		return;
	if (errno != ENOENT)
		err(status_of(errno), "unable to use slot %u", slot);
	errx(
	    EX_UNAVAILABLE, "slot %u is not set up: see vm-gadget setup", slot);
}

static void
get_medium(struct gadget *gadget, unsigned slot, struct gadget_medium *medium)
{
	if (gadget_get_medium(gadget, slot, medium) == -1)
		fail(gadget, "read the drive's state");
}

/* Which slot of the gadget, but for one, holds a medium? -1 if none does. */
static int
find_held(struct gadget *gadget, unsigned except, struct gadget_medium *medium)
{
	unsigned slot;

	for (slot = 0; slot < GADGET_SLOTS; slot++) {
		if (slot == except || !gadget_has_slot(gadget, slot))
			continue;
		get_medium(gadget, slot, medium);
		if (medium->unknown || *medium->file != '\0')
			return (int)slot;
	}
	return -1;
}

static void __attribute__((noreturn))
refuse_held(unsigned slot, const struct gadget_medium *medium)
{
	errx(EX_TEMPFAIL, "slot %u holds %s: eject it first", slot,
	    medium->unknown ? "a medium" : medium->file);
}

/* --- setup, teardown --------------------------------------------------- */

/* Do something with each gadget of ours that there is. */
static void
each_gadget(const struct options *opt,
    void (*act)(struct gadget *, const struct options *))
{
	struct gadget gadget;
	int number;

	for (number = 0; number < GADGET_MAX; number++) {
		if (gadget_open(&gadget, number, opt->ms) == 0)
			act(&gadget, opt);
		else if (errno != ENOENT)
			fail(&gadget, "open a gadget");
		gadget_close(&gadget);
	}
}

static void
refuse_if_held(struct gadget *gadget, const struct options *opt)
{
	struct gadget_medium medium;
	int slot = find_held(gadget, GADGET_SLOTS, &medium);

	(void)opt;
	if (slot != -1)
		refuse_held((unsigned)slot, &medium);
}

static void
remove_gadget(struct gadget *gadget, const struct options *opt)
{
	(void)opt;
	if (gadget_remove(gadget) == -1)
		fail(gadget, "remove the drives");
}

/* Whoever was to bind it has died before. */
static void
bind_gadget(struct gadget *gadget, const struct options *opt)
{
	char udc[UDC_NAME_SIZE];

	if (gadget_udc(gadget, udc) == -1)
		fail(gadget, "set up the drives");
	if (*udc == '\0' && (udc_find_free(opt->udc, udc) == -1 ||
				gadget_bind(gadget, udc) == -1))
		fail(gadget, "set up the drives");
}

/* A type that differs stays so as long as the change would disturb a host. */
static void
finish_slot(const struct gadget_plan *plan, unsigned slot)
{
	struct gadget_medium medium;
	char udc[UDC_NAME_SIZE];
	struct gadget gadget;

	open_slot(&gadget, slot, plan->ms);
	get_medium(&gadget, slot, &medium);
	if (medium.type != plan->types[slot] &&
	    find_held(&gadget, GADGET_SLOTS, &medium) == -1 &&
	    gadget_set_type(&gadget, slot, plan->types[slot]) == -1)
		fail(&gadget, "change the drive's type");
	get_medium(&gadget, slot, &medium);
	if (gadget_udc(&gadget, udc) == -1)
		fail(&gadget, "read the drive's state");
	printf("%u %s %s\n", slot, image_media_name(medium.type), udc);
	gadget_close(&gadget);
}

static void
require_udc(const char *udc)
{
	char state[UDC_STATE_SIZE];

	if (udc_count_free() == -1)
		errx(EX_UNAVAILABLE,
		    "there is no USB device controller (UDC): load its driver,"
		    " or set its port to peripheral mode");
	if (udc != NULL && udc_state(udc, state) == -1)
		err(EX_UNAVAILABLE, "unable to use UDC %s", udc);
}

static void
cmd_setup(const struct options *opt)
{
	struct gadget_plan plan = {.count = 2,
	    .types = {IMAGE_CD, IMAGE_DISK},
	    .udc = opt->udc,
	    .stall = opt->stall,
	    .ms = opt->ms};
	struct gadget gadget;
	unsigned slot;

	if (opt->argc > 0)
		plan.count = (unsigned)opt->argc;
	for (slot = 0; slot < (unsigned)opt->argc; slot++)
		plan.types[slot] = parse_type(opt->argv[slot]);
	lock();
	require_udc(opt->udc);
	if (!gadget_plan_is_met(&plan)) {
		each_gadget(opt, refuse_if_held);
		each_gadget(opt, remove_gadget);
		if (gadget_plan_build(&plan, &gadget) == -1)
			fail(&gadget, "set up the drives");
	}
	each_gadget(opt, bind_gadget);
	for (slot = 0; slot < plan.count; slot++)
		finish_slot(&plan, slot);
}

static void
cmd_teardown(const struct options *opt)
{
	lock();
	each_gadget(opt, remove_gadget);
}

/* --- insert ------------------------------------------------------------ */

/*
 * The kernel opens a read-only block device for writing all the same, and
 * only then lets each write fail.
 */
static void
require_writable(int fd, const char *file)
{
	int ro;

	if (ioctl(fd, BLKROGET, &ro) == 0 && ro)
		errx(EX_NOPERM, "unable to write to %s: it is read-only", file);
}

/* Size of a file or block device, and its whole path, as the kernel has it. */
static uint64_t
examine(const char *file, bool write, char path[PATH_MAX])
{
	struct stat st;
	off_t size;
	int fd, status;

	/* O_NONBLOCK: a FIFO must not keep us before we see that it is one. */
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &st) == -1 || realpath(file, path) == NULL) {
		status = status_of(errno);
		err(status == EX_UNAVAILABLE ? EX_NOINPUT : status,
		    "unable to open %s", file);
	}
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		errx(EX_DATAERR,
		    "unable to use %s: neither a file nor a block device",
		    file);
	size = lseek(fd, 0, SEEK_END);
	if (size == -1)
		err(EX_IOERR, "unable to get the size of %s", file);
	if (write && S_ISBLK(st.st_mode))
		require_writable(fd, file);
	close(fd);
	return (uint64_t)size;
}

/* The first slot with a drive of that type, as a remedy. */
static const char *
other_slot(enum image_media type, int ms)
{
	static char text[32];
	struct gadget_medium medium;
	struct gadget gadget;
	unsigned slot;
	bool found;

	for (slot = 0; slot < GADGET_SLOTS; slot++) {
		if (gadget_open_slot(&gadget, slot, ms) == -1)
			continue;
		found = gadget_get_medium(&gadget, slot, &medium) == 0 &&
			medium.type == type;
		gadget_close(&gadget);
		if (found) {
			snprintf(text, sizeof(text), "slot %u, or ", slot);
			break;
		}
	}
	return text;
}

static void
retype(struct gadget *gadget, unsigned slot, enum image_media type,
    const struct options *opt)
{
	struct gadget_medium medium;
	int held;

	if (!opt->retype)
		errx(EX_DATAERR, "slot %u is no %s drive: use %s-R", slot,
		    image_media_name(type), other_slot(type, opt->ms));
	held = find_held(gadget, slot, &medium);
	if (held != -1)
		refuse_held((unsigned)held, &medium);
	if (gadget_set_type(gadget, slot, type) == -1)
		fail(gadget, "change the drive's type");
}

/* The kernel falls back to reading where it can't open a file for writing. */
static void
insert(struct gadget *gadget, unsigned slot, const char *path, bool write)
{
	struct gadget_medium medium;

	if (gadget_insert(gadget, slot, path, !write) == -1)
		fail(gadget, "insert the medium");
	get_medium(gadget, slot, &medium);
	if (*medium.file == '\0' && !medium.unknown)
		errx(EX_IOERR, "slot %u is empty after the insertion", slot);
	if (medium.ro == !write)
		return;
	if (gadget_eject_forced(gadget, slot) == -1)
		fail(gadget, "eject the medium");
	errx(EX_NOPERM, "unable to write to %s: it is read-only", path);
}

static void
cmd_insert(const struct options *opt)
{
	unsigned slot = parse_slot(opt->argv[0]);
	struct image_info info = {.format = IMAGE_RAW};
	struct gadget_medium medium;
	enum image_media type;
	struct gadget gadget;
	char path[PATH_MAX];
	const char *reason;

	if (opt->type != NULL && parse_type(opt->type) == IMAGE_CD &&
	    opt->write)
		misuse();
	lock();
	open_slot(&gadget, slot, opt->ms);
	get_medium(&gadget, slot, &medium);
	type = opt->type != NULL ? parse_type(opt->type) : medium.type;
	info.size = examine(opt->argv[1], opt->write, path);
	if (strcmp(medium.file, path) == 0 && medium.type == type &&
	    medium.ro == !opt->write)
		return;
	if (medium.unknown || *medium.file != '\0')
		refuse_held(slot, &medium);
	reason = image_media_fits(
	    &info, type, opt->dvd ? IMAGE_DVD_MAX : IMAGE_CD_MAX);
	if (reason != NULL)
		errx(EX_DATAERR, "unable to use %s: %s", opt->argv[1], reason);
	if (type == IMAGE_CD && opt->write)
		errx(EX_DATAERR,
		    "slot %u is a cd drive, which only reads: "
		    "use %s-t disk -R",
		    slot, other_slot(IMAGE_DISK, opt->ms));
	if (type != medium.type)
		retype(&gadget, slot, type, opt);
	insert(&gadget, slot, path, opt->write);
	gadget_close(&gadget);
}

/* --- eject, wait ------------------------------------------------------- */

static void
cmd_eject(const struct options *opt)
{
	unsigned slot = parse_slot(opt->argv[0]);
	struct gadget gadget;
	int rc;

	lock();
	open_slot(&gadget, slot, opt->ms);
	if (opt->force)
		rc = gadget_eject_forced(&gadget, slot);
	else
		rc = gadget_eject(&gadget, slot);
	if (rc == -1 && errno == EBUSY)
		errx(EX_TEMPFAIL,
		    "slot %u is locked by the host: eject it there, or -f",
		    slot);
	if (rc == -1)
		fail(&gadget, "eject the medium");
	gadget_close(&gadget);
}

/* configfs tells nobody of a change: its files have no poll(2). */
static void
cmd_wait(const struct options *opt)
{
	unsigned slot = parse_slot(opt->argv[0]);
	struct gadget_medium medium;
	struct gadget gadget;

	open_slot(&gadget, slot, ATTR_FOREVER);
	while (gadget_get_medium(&gadget, slot, &medium) == 0) {
		if (*medium.file == '\0')
			return;
		sleep(1);
	}
	/* Removed: it holds nothing any more. */
	if (errno != ENOENT && errno != ENODEV)
		fail(&gadget, "wait for the medium");
}

/* --- status ------------------------------------------------------------ */

struct slot_status {
	unsigned slot;
	struct gadget_medium medium;
	char gadget[16], udc[UDC_NAME_SIZE], state[UDC_STATE_SIZE];
};

static void
get_status(struct gadget *gadget, struct slot_status *st)
{
	get_medium(gadget, st->slot, &st->medium);
	gadget_name(gadget->number, st->gadget);
	*st->udc = *st->state = '\0';
	if (gadget_udc(gadget, st->udc) == -1 && errno != ETIMEDOUT)
		fail(gadget, "read the drive's state");
	if (*st->udc != '\0' && udc_state(st->udc, st->state) == -1)
		*st->state = '\0';
}

static void
print_field(const struct slot_status *st, const char *field)
{
	const char *const values[NFIELDS] = {image_media_name(st->medium.type),
	    st->medium.file, st->medium.ro ? "1" : "0", st->udc, st->state};
	size_t i;

	for (i = 0; strcmp(fields[i], field) != 0; i++)
		;
	if (values[i] == st->medium.file && st->medium.unknown)
		errx(EX_IOERR, "slot %u: the medium's source does not answer",
		    st->slot);
	printf("%s\n", values[i]);
}

static void
print_text(const struct slot_status *st)
{
	const struct gadget_medium *medium = &st->medium;

	printf("slot %u: %s, ", st->slot, image_media_name(medium->type));
	if (medium->unknown)
		printf("a medium that does not answer");
	else if (*medium->file == '\0')
		printf("empty");
	else
		printf("%s %s", medium->file, medium->ro ? "ro" : "rw");
	if (*st->udc == '\0')
		printf(", no UDC\n");
	else
		printf(", UDC %s %s\n", st->udc, st->state);
}

static void
print_json(const struct slot_status *st)
{
	static char file[JSON_QUOTED_SIZE(PATH_MAX)];
	char udc[JSON_QUOTED_SIZE(UDC_NAME_SIZE)];
	char state[JSON_QUOTED_SIZE(UDC_STATE_SIZE)];

	json_quote(file, st->medium.file);
	printf("{\"slot\": %u, \"type\": \"%s\", \"file\": %s, \"ro\": %s, "
	       "\"gadget\": \"%s\", \"udc\": %s, \"state\": %s}",
	    st->slot, image_media_name(st->medium.type),
	    st->medium.unknown ? "null" : file,
	    st->medium.ro ? "true" : "false", st->gadget,
	    json_quote(udc, st->udc), json_quote(state, st->state));
}

static void
cmd_status(const struct options *opt)
{
	unsigned last = opt->argc > 0 ? parse_slot(opt->argv[0]) : GADGET_SLOTS;
	const char *separator = "{\"schema\": 1, \"slots\": [";
	struct slot_status st = {.slot = opt->argc > 0 ? last : 0};
	struct gadget gadget;

	if (opt->field != NULL && (opt->argc == 0 || opt->json))
		misuse();
	for (; st.slot <= last && st.slot < GADGET_SLOTS; st.slot++) {
		if (opt->argc > 0)
			open_slot(&gadget, st.slot, opt->ms);
		else if (gadget_open_slot(&gadget, st.slot, opt->ms) == -1)
			continue;
		get_status(&gadget, &st);
		gadget_close(&gadget);
		if (opt->json) {
			fputs(separator, stdout);
			print_json(&st);
			separator = ", ";
		} else if (opt->field != NULL) {
			print_field(&st, opt->field);
		} else {
			print_text(&st);
		}
	}
	if (opt->json)
		printf("%s]}\n", *separator == '{' ? separator : "");
}

/* --- options ----------------------------------------------------------- */

static const char *
parse_field(const char *word)
{
	size_t i;

	for (i = 0; i < NFIELDS; i++)
		if (strcmp(word, fields[i]) == 0)
			return fields[i];
	misuse();
}

static void
parse_options(
    const struct verb *verb, int argc, char *argv[], struct options *opt)
{
	int c;

	while ((c = getopt(argc, argv, verb->options)) != -1) {
		switch (c) {
		case 'D':
			opt->dvd = true;
			break;
		case 'f': /* of eject, or status */
			opt->force = true;
			opt->field = optarg ? parse_field(optarg) : NULL;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'j':
			opt->json = true;
			break;
		case 'R':
			opt->retype = true;
			break;
		case 'S':
			opt->stall = (int)parse_number(optarg, 0, 1);
			break;
		case 'T':
			opt->ms = 1000 * (int)parse_number(optarg, 1, 3600);
			break;
		case 't':
			opt->type = optarg;
			parse_type(optarg);
			break;
		case 'u':
			opt->udc = optarg;
			break;
		case 'w':
			opt->write = true;
			break;
		default:
			misuse();
		}
	}
	opt->argc = argc - optind;
	opt->argv = argv + optind;
	if (opt->argc < verb->min || opt->argc > verb->max)
		misuse();
}

int
main(int argc, char *argv[])
{
	struct options opt = {.stall = -1, .ms = 1000 * DEADLINE};
	size_t i;

	if (argc < 2)
		misuse();
	if (strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "-V") == 0) {
		printf("vm-gadget %s\n", VERSION);
		return 0;
	}
	for (i = 0; i < NVERBS; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			break;
	if (i == NVERBS)
		misuse();
	parse_options(&verbs[i], argc - 1, argv + 1, &opt);
	verbs[i].run(&opt);
	if (fflush(stdout) == EOF)
		err(EX_IOERR, "unable to write the result");
	return 0;
}
