/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-gadget: the host's drives. It makes them as USB gadgets, inserts and
 * ejects media, and shows what the kernel says of them.
 *
 * It reports only what it has read back, and it never waits for ever: a medium
 * whose source is dead would hold up its eject until the next boot.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/options.h"
#include "base/output.h"
#include "gadget/attr.h"
#include "gadget/error.h"
#include "gadget/eject.h"
#include "gadget/insert.h"
#include "gadget/refusal.h"
#include "gadget/setup.h"
#include "gadget/status.h"
#include "base/number.h"

#define LOCK_MS	  10000 /* another vm-gadget is done by then */
#define LOCKED_MS 1000	/* a host that only looks unlocks by then */
#define DEADLINE  2	/* seconds */
#define OUTAGE	  25	/* seconds; a host waits 30 */

/* What the command line says. */
struct request {
	const char *given[128]; /* options by letter: their argument, or "" */
	int ms;			/* the deadline of each access */
	struct gadget_identity identity;
	int argc; /* the arguments after the options */
	char **argv;
};

static void __attribute__((noreturn)) misuse(void);

static enum image_media
parse_type(const char *word)
{
	if (strcmp(word, "cd") != 0 && strcmp(word, "disk") != 0)
		misuse();
	return *word == 'c' ? IMAGE_CD : IMAGE_DISK;
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

static void
take_identity(struct gadget_identity *identity, const char *setting)
{
	const char *why = gadget_identity_take(identity, setting);

	if (why != NULL)
		errx(EX_USAGE, "%s: %s", setting, why);
}

/* --- failing ----------------------------------------------------------- */

static void __attribute__((noreturn)) die(const struct failure *why)
{
	output_cause(why->cause, why->status);
	errx(why->status, "%s", why->text);
}

/* End with the failure of an operation on a gadget, by errno. */
static void __attribute__((noreturn))
fail_at(const struct gadget *gadget, const char *what)
{
	struct failure why;

	gadget_fail(&why, gadget, what);
	die(&why);
}

/* Lock the gadgets until we end. Returns false if this kernel has no USB
 * gadgets, and none are needed. */
static bool
lock(bool is_needed)
{
	struct failure why;

	if (gadget_lock(LOCK_MS) != -1)
		return true;
	if (errno == ENOENT && !is_needed)
		return false;
	gadget_fail_lock(&why);
	die(&why);
}

static void
open_slot(struct gadget *gadget, unsigned slot, int ms)
{
	if (gadget_open_slot(gadget, slot, ms) == 0)
		return;
	if (errno != ENOENT)
		err(gadget_exit_status(errno), "unable to use slot %u", slot);
	errx(
	    EX_UNAVAILABLE, "slot %u is not set up: see vm-gadget setup", slot);
}

static void __attribute__((noreturn))
fail_held(const struct gadget_medium *medium)
{
	errx(EX_TEMPFAIL, "slot %u holds %s: eject it first", medium->slot,
	    medium->unknown ? "a medium" : medium->file);
}

static void
get_status(struct gadget *gadget, unsigned slot, struct gadget_status *status)
{
	if (gadget_get_status(gadget, slot, status) == -1)
		fail_at(gadget, "read the drive's state");
	gadget_close(gadget);
}

/* --- setup, teardown --------------------------------------------------- */

static void
require_udc(const char *udc, int ms)
{
	char state[UDC_STATE_SIZE];

	if (udc_count_free(ms) == -1)
		errx(EX_UNAVAILABLE,
		    "there is no USB device controller (UDC): load its driver,"
		    " or set its port to peripheral mode");
	if (udc != NULL && udc_state(udc, state) == -1)
		err(EX_UNAVAILABLE, "unable to use UDC %s", udc);
}

static void
cmd_setup(const struct request *req)
{
	struct gadget_plan plan = {.count = 2,
	    .types = {IMAGE_CD, IMAGE_DISK},
	    .udc = req->given['u'],
	    .stall = -1,
	    .on_demand = req->given['d'] != NULL,
	    .identity = req->identity,
	    .ms = req->ms};
	struct gadget_medium medium;
	struct gadget_status status;
	struct gadget gadget;
	unsigned slot;

	if (req->given['S'] != NULL)
		plan.stall = (int)parse_number(req->given['S'], 0, 1);
	if (req->argc > 0)
		plan.count = (unsigned)req->argc;
	for (slot = 0; slot < (unsigned)req->argc; slot++)
		plan.types[slot] = parse_type(req->argv[slot]);
	lock(true);
	require_udc(plan.udc, req->ms);
	switch (gadget_plan_apply(&plan, &gadget, &medium)) {
	case GADGET_DONE:
		break;
	case GADGET_HELD:
		fail_held(&medium);
	default:
		fail_at(&gadget, "set up the drives");
	}
	for (slot = 0; slot < plan.count; slot++) {
		open_slot(&gadget, slot, req->ms);
		get_status(&gadget, slot, &status);
		printf("%u %s %s\n", slot,
		    gadget_status_value(&status, GADGET_TYPE),
		    plan.on_demand ? "on-demand" : status.udc);
	}
}

static void
cmd_teardown(const struct request *req)
{
	struct gadget gadget;

	if (!lock(false))
		return; /* there are no drives to remove */
	if (gadget_remove_all(&gadget, req->ms) == -1)
		fail_at(&gadget, "remove the drives");
}

/* --- insert ------------------------------------------------------------ */

static void
cmd_insert(const struct request *req)
{
	struct gadget_insertion insertion = {.slot = parse_slot(req->argv[0]),
	    .file = req->argv[1],
	    .type = -1,
	    .write = req->given['w'] != NULL,
	    .retype = req->given['R'] != NULL,
	    .cd_max = req->given['D'] ? IMAGE_DVD_MAX : IMAGE_CD_MAX,
	    .block_size = 512,
	    .outage = OUTAGE};
	struct gadget_refusal refusal;
	enum gadget_result result;
	struct failure why;
	struct gadget gadget;

	if (req->given['t'] != NULL)
		insertion.type = (int)parse_type(req->given['t']);
	if (req->given['b'] != NULL)
		insertion.block_size = parse_number(req->given['b'], 512, 4096);
	if (req->given['o'] != NULL)
		insertion.outage = parse_number(req->given['o'], 1, 3600);
	if ((insertion.type == IMAGE_CD && insertion.write) ||
	    (insertion.block_size != 512 && insertion.block_size != 4096))
		misuse();
	lock(true);
	open_slot(&gadget, insertion.slot, req->ms);
	result = gadget_insert(&gadget, &insertion, &refusal);
	if (result != GADGET_DONE) {
		gadget_fail_insertion(
		    &why, &gadget, &insertion, result, &refusal);
		die(&why);
	}
	gadget_close(&gadget);
}

/* --- eject, wait ------------------------------------------------------- */

static void
cmd_eject(const struct request *req)
{
	unsigned slot = parse_slot(req->argv[0]);
	int ms = req->given['x'] != NULL   ? EJECT_DISCARD
		 : req->given['f'] != NULL ? EJECT_FORCED
					   : LOCKED_MS;
	struct gadget gadget;

	lock(true);
	open_slot(&gadget, slot, req->ms);
	if (gadget_eject_medium(&gadget, slot, req->given['m'], ms) == -1) {
		if (errno == EIO &&
		    strncmp(gadget.at, "functions/ffs.", 14) == 0)
			errx(EX_IOERR,
			    "slot %u: the source could not keep all that the "
			    "host wrote",
			    slot);
		if (errno != EBUSY)
			fail_at(&gadget, "eject the medium");
		output_cause(CAUSE_LOCKED, EX_TEMPFAIL);
		errx(EX_TEMPFAIL,
		    "slot %u is locked by the host: eject it there, or use -f",
		    slot);
	}
	if (gadget_hide_unused(&gadget) == -1)
		fail_at(&gadget, "hide the drive from the host");
	gadget_close(&gadget);
}

/* Look each second: the files of configfs have no poll(2). */
static void
cmd_wait(const struct request *req)
{
	unsigned slot = parse_slot(req->argv[0]);
	struct gadget_status status;
	struct gadget gadget;

	open_slot(&gadget, slot, ATTR_FOREVER);
	while (gadget_get_status(&gadget, slot, &status) == 0) {
		if (*status.medium.file == '\0')
			return;
		sleep(1);
	}
	/* A drive that was removed has no medium. */
	if (errno != ENOENT && errno != ENODEV)
		fail_at(&gadget, "wait for the medium");
}

/* --- status ------------------------------------------------------------ */

static void
print_field(const struct gadget_status *status, enum gadget_field field)
{
	const char *value = gadget_status_value(status, field);

	if (value != NULL)
		puts(value);
	else
		errx(gadget_exit_status(ETIMEDOUT), "slot %u: %s",
		    status->medium.slot, gadget_strerror(ETIMEDOUT));
}

static void
cmd_status(const struct request *req)
{
	const char *separator = "{\"schema\": 1, \"slots\": [";
	unsigned slot = req->argc > 0 ? parse_slot(req->argv[0]) : 0;
	unsigned end = req->argc > 0 ? slot + 1 : GADGET_SLOTS;
	bool json = req->given['j'] != NULL;
	static char text[GADGET_STATUS_SIZE];
	enum gadget_field fields[GADGET_FIELDS];
	struct gadget_status status;
	struct gadget gadget;
	int i, count = 0;

	if (req->given['f'] != NULL) {
		count = gadget_parse_fields(req->given['f'], fields);
		if (count == -1 || req->argc == 0 || json)
			misuse();
	}
	for (; slot < end; slot++) {
		if (req->argc > 0)
			open_slot(&gadget, slot, req->ms);
		else if (gadget_open_slot(&gadget, slot, req->ms) == -1)
			continue;
		get_status(&gadget, slot, &status);
		for (i = 0; i < count; i++)
			print_field(&status, fields[i]);
		if (json) {
			printf("%s%s", separator,
			    gadget_status_json(&status, text));
			separator = ", ";
		} else if (count == 0) {
			puts(gadget_status_text(&status, text));
		}
	}
	if (json)
		printf("%s]}\n", *separator == '{' ? separator : "");
}

/* --- main -------------------------------------------------------------- */

static const struct verb {
	const char *name;
	void (*run)(const struct request *req);
	const char *options;
	int min, max; /* arguments */
	const char *usage, *help;
} verbs[] = {
    {"setup", cmd_setup, "dhi:S:T:u:", 0, GADGET_SLOTS,
	"[-d] [-i NAME=VALUE]... [-S 0|1] [-T SECONDS] [-u UDC]\n"
	"                       [cd|disk]...",
	"make the drives, empty; slot 0 first (cd disk)"},
    {"insert", cmd_insert, "b:Dho:RT:t:w", 2, 2,
	"[-DRw] [-b BYTES] [-o SECONDS] [-T SECONDS]\n"
	"                        [-t cd|disk] SLOT FILE",
	"put a file or block device into a drive"},
    {"eject", cmd_eject, "fhm:T:x", 1, 1, "[-fx] [-m MEDIUM] [-T SECONDS] SLOT",
	"take the medium out of a drive"},
    {"status", cmd_status, "f:hjT:", 0, 1,
	"[-j] [-f FIELD[,...]] [-T SECONDS] [SLOT]",
	"show what is in the drives\n"
	"          (fields: type file ro udc state drives driver reads\n"
	"          writes errors position last)"},
    {"wait", cmd_wait, "h", 1, 1, "SLOT", "wait until a drive is empty"},
    {"teardown", cmd_teardown, "hT:", 0, 0, "[-T SECONDS]",
	"eject all media and remove the drives"},
};
#define NVERBS (sizeof(verbs) / sizeof(*verbs))

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

static void
misuse(void)
{
	usage(stderr);
	exit(EX_USAGE);
}

/* Answer -h, -V or a wrong option, and exit. */
static void __attribute__((noreturn)) answer(int option)
{
	if (option == 'h')
		usage(stdout);
	else if (option == 'V')
		puts("vm-gadget " VERSION);
	else
		misuse();
	exit(0);
}

static void
parse_options(
    const struct verb *verb, int argc, char *argv[], struct request *req)
{
	int c;

	while ((c = options_next(argc, argv, verb->options)) != -1) {
		if (strchr("hV?", c) != NULL)
			answer(c);
		if (c == 'i')
			take_identity(&req->identity, optarg);
		req->given[c] = optarg != NULL ? optarg : "";
	}
	if (req->given['T'] != NULL)
		req->ms = 1000 * (int)parse_number(req->given['T'], 1, 3600);
	req->argc = argc - optind;
	req->argv = argv + optind;
	if (req->argc < verb->min || req->argc > verb->max)
		misuse();
}

int
main(int argc, char *argv[])
{
	struct request req = {.ms = 1000 * DEADLINE};
	size_t i;

	output_check_at_exit();
	gadget_identity_init(&req.identity);
	if (argc < 2)
		misuse();
	if (argv[1][0] == '-')
		answer(options_next(2, argv, "hV"));
	for (i = 0; i < NVERBS; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			break;
	if (i == NVERBS)
		misuse();
	parse_options(&verbs[i], argc - 1, argv + 1, &req);
	verbs[i].run(&req);
	return 0;
}
