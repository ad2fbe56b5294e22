/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-import: copy an image to a new file or a block device and print its
 * SHA-256.
 *
 * It may read from a directory whose user is not trusted. It takes only a file
 * to which nobody writes any more, and leaves either the whole copy or none.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/options.h"
#include "base/output.h"
#include "base/shown.h"
#include "slot/progress.h"
#include "store/import.h"

#define QUIET_SECONDS 5
#define QUIET_MAX     3600
#define PROGRESS_MS   200 /* at least, between two lines of progress */
#define SHOWN_SIZE    1024

static struct options {
	const char *box, *sum, *from, *to;
	bool progress, resume;
	unsigned quiet; /* seconds */
	struct import import;
} options = {
    .quiet = QUIET_SECONDS,
    .import = {.size = IMPORT_ANY, .limit = IMPORT_ANY},
};

static struct progress progress;
static const char *volatile made; /* remove it on a signal or a failure */

static void
usage(FILE *out)
{
	fputs("usage: vm-import [-hprV] [-b BOX] [-c SHA256] [-l LIMIT] "
	      "[-q SECONDS]\n"
	      "                 [-s SIZE] FROM [TO]\n"
	      "FROM: a file, a block device, nbd:SOCKET, or - for standard "
	      "input\n",
	    out);
}

/* --- the end ----------------------------------------------------------- */

static void
remove_made(void)
{
	if (made != NULL)
		unlink(made);
	made = NULL;
}

static void
on_signal(int number)
{
	remove_made();
	signal(number, SIG_DFL);
	raise(number);
}

static void
catch_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};
	struct sigaction action = {.sa_handler = on_signal}, before;
	size_t i;

	sigfillset(&action.sa_mask);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		/* A parent such as nohup(1) has a reason to ignore it. */
		if (sigaction(numbers[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	/* Then write(2) fails with EFBIG. */
	signal(SIGXFSZ, SIG_IGN);
}

static void __attribute__((noreturn)) end_with(const struct failure *why)
{
	remove_made();
	output_cause(why->cause, why->status);
	errx(why->status, "%s", why->text);
}

/* --- progress ---------------------------------------------------------- */

static void
show_progress(uint64_t done, uint64_t size)
{
	static int64_t next;
	int64_t now = clock_ms();
	double mib = (double)done / (1 << 20), seconds;
	char whole[64] = "", text[128];

	if (now < next)
		return;
	next = now + PROGRESS_MS;
	seconds = (double)(now - progress.since + 1) / 1000;
	if (size != IMPORT_ANY && size > 0)
		snprintf(whole, sizeof(whole), " of %ju MiB (%d %%)",
		    (uintmax_t)(size >> 20),
		    (int)((double)done * 100 / (double)size));
	snprintf(text, sizeof(text), "%.0f MiB%s, %.1f MiB/s", mib, whole,
	    mib / seconds);
	progress_show(&progress, text);
}

static void
clear_progress(void)
{
	if (options.import.progress != NULL)
		progress_end(&progress);
}

/* --- options ----------------------------------------------------------- */

static uint64_t
parse_size(int letter, const char *text)
{
	uint64_t value;

	if (number_parse_size(text, 0, INT64_MAX, &value) == -1)
		errx(EX_USAGE,
		    "unable to use -%c %s: give bytes, or a number "
		    "with K, M, G or T",
		    letter, text);
	return value;
}

static void
parse_options(int argc, char **argv)
{
	uint64_t seconds;
	int c;

	while ((c = options_next(argc, argv, "b:c:hl:pq:rs:V")) != -1) {
		switch (c) {
		case 'b':
			options.box = optarg;
			break;
		case 'c':
			if (!sum_is_valid(optarg))
				errx(EX_USAGE, "unable to use -c: a SHA-256 "
					       "has 64 hexadecimal digits");
			options.sum = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'l':
			options.import.limit = parse_size(c, optarg);
			break;
		case 'p':
			options.progress = true;
			break;
		case 'q':
			if (number_parse(optarg, 0, QUIET_MAX, &seconds) == -1)
				errx(EX_USAGE, "unable to wait for %s s",
				    optarg);
			options.quiet = (unsigned)seconds;
			break;
		case 'r':
			options.resume = true;
			break;
		case 's':
			options.import.size = parse_size(c, optarg);
			break;
		case 'V':
			puts("vm-import " VERSION);
			exit(0);
		default:
			usage(stderr);
			exit(EX_USAGE);
		}
	}
	options.from = argc > optind ? argv[optind] : NULL;
	options.to = argc > optind + 1 ? argv[optind + 1] : NULL;
	if (argc - optind < 1 || argc - optind > 2 ||
	    (options.resume && options.to == NULL)) {
		usage(stderr);
		exit(EX_USAGE);
	}
	if (options.resume && options.box == NULL &&
	    strcmp(options.from, "-") == 0)
		errx(EX_USAGE, "unable to use -r: standard input cannot begin "
			       "in the middle");
}

/* --- what it does ------------------------------------------------------ */

static void
open_source(struct source *from)
{
	static char name[SHOWN_SIZE];
	struct failure why;

	if (options.box == NULL) {
		shown(name, sizeof(name),
		    strcmp(options.from, "-") == 0 ? "standard input"
						   : options.from);
		if (source_open(from, options.from, name, &why) == -1)
			end_with(&why);
		return;
	}
	shown(name, sizeof(name), options.from);
	if (source_open_beneath(from, options.box, options.from, name,
		options.quiet, &why) == -1)
		end_with(&why);
	if (from->lease == -1)
		warnx("there are no leases for %s: nobody was seen to write to "
		      "it for %u s",
		    name, options.quiet);
}

/* Block the signals meanwhile: their handler must know whether we made the
 * file. */
static void
open_target(struct target *to)
{
	static char name[SHOWN_SIZE];
	struct failure why;
	sigset_t all, before;
	int failed;

	shown(name, sizeof(name), options.to);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	failed = target_open(to, options.to, name, options.resume, &why);
	if (failed == 0 && to->made && !options.resume)
		made = options.to;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (failed == -1)
		end_with(&why);
}

/* Is this the sum that was given? Returns 0, or -1 with the failure. */
static int
compare(const char *sum, const char *name, struct failure *why)
{
	if (options.sum == NULL || strcasecmp(sum, options.sum) == 0)
		return 0;
	return fail(why, EX_DATAERR,
	    "unable to import %s: its SHA-256 is %s, and should be %s", name,
	    sum, options.sum);
}

int
main(int argc, char **argv)
{
	struct source from;
	struct target target, *to = NULL;
	struct failure why;
	char sum[SUM_SIZE];
	uint64_t size = 0;

	output_check_at_exit();
	parse_options(argc, argv);
	catch_signals();
	progress_begin(&progress);
	if (options.progress && isatty(STDERR_FILENO))
		options.import.progress = show_progress;
	open_source(&from);
	if (import_check(&options.import, &from, &why) == -1)
		end_with(&why);
	if (options.to != NULL)
		open_target(to = &target);
	if (import_copy(&options.import, &from, to, sum, &size, &why) == -1 ||
	    compare(sum, from.shown, &why) == -1) {
		clear_progress();
		end_with(&why);
	}
	clear_progress();
	source_close(&from);
	printf("%ju %s\n", (uintmax_t)size, sum);
	if (output_close() == -1) {
		fail_errno(&why, EX_IOERR, "unable to write standard output");
		end_with(&why);
	}
	return 0;
}
