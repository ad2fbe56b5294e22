/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-slot: one slot's life, from a URL to the host's drive and back.
 *
 * vm-slot runs in the foreground. While it runs, it holds the source, the block
 * device and the medium of the slot. If one of their programs dies, vm-slot
 * starts it again. When vm-slot ends, it undoes all of them. If vm-slot is
 * killed, they stay, and the next vm-slot adopts them. See lib/slot/slot.h.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/options.h"
#include "base/output.h"
#include "base/clock.h"
#include "base/number.h"
#include "gadget/attr.h"
#include "gadget/lun.h"
#include "slot/ask.h"
#include "slot/control.h"
#include "slot/slot.h"
#include "unix/privileges.h"

#define DEFAULT_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define LOCK_MS		2000 /* a test of the lock holds it for a moment */
#define RELOAD_SECONDS	15
#define LEFT_SECONDS	20 /* for what a killed vm-slot has left */
#define TIMEOUT_SECONDS 60

struct options {
	bool clean, discard, verbose, reload;
	int lock, client; /* -R: kept open by a reload; else -1 */
	struct ask ask;	  /* with a request: we only send it */
};

static void
usage(FILE *out)
{
	fputs("usage: vm-slot [-dhkrvV] SLOT\n"
	      "       vm-slot -a REQUEST [-p PID] [-q] [-t SECONDS] SLOT\n",
	    out);
}

/* --- asking ---------------------------------------------------------------- */

/* Print the reason of a failure on standard output, for the caller to print.
 * But with -r, people and systemd call us: print it on standard error. */
static int
ask(const struct options *o)
{
	char why[STATE_VALUE_MAX], word[STATE_VALUE_MAX];
	enum cause cause;
	int status = slot_ask(&o->ask, &cause, why, sizeof(why));

	if (status == ASK_ALONE)
		return 1;
	if (status == ASK_NOBODY && strcmp(o->ask.request, "follow") == 0) {
		/* The vm-slot has left its error here, if it could. */
		status = (int)state_get_number(o->ask.state, "status");
		state_get(o->ask.state, "error", why);
		state_get(o->ask.state, "cause", word);
		cause = cause_find(word);
		if (status <= 0)
			status = EX_OSERR;
	} else if (status == ASK_NOBODY) {
		status = EX_UNAVAILABLE;
		snprintf(why, sizeof(why), "slot %u is empty", o->ask.slot);
	}
	if (*why == '\0')
		return status;
	if (o->reload) {
		output_cause(cause, status);
		warnx("%s", why);
		return status;
	}
	if (output_tells_causes())
		printf("vm-slot" CAUSE_LINE "%s\n", cause_word(cause, status));
	puts(why);
	return status;
}

/* --- one slot's life -------------------------------------------------------- */

/* Find our own programs first, and then the installed ones. */
static void
set_environment(void)
{
	char self[PATH_MAX], path[2 * PATH_MAX];
	const char *rest = getenv("VM_PATH");
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	snprintf(path, sizeof(path), "%s:%s", self,
	    rest != NULL ? rest : DEFAULT_PATH);
	setenv("PATH", path, 1);
	setenv("LC_ALL", "C", 1);
	umask(022); /* all may read the state */
}

/* Hold the slot until we end. */
static int
lock_slot(const struct slot *s)
{
	int64_t end = clock_ms() + LOCK_MS;
	char path[PATH_MAX], pid[STATE_VALUE_MAX];
	int fd;

	fd = open(state_path(&s->state, "pid", path),
	    O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd == -1)
		err(EX_CANTCREAT, "unable to open %s", path);
	fchmod(fd, 0644); /* programs that show the status test the lock */
	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		state_get(&s->state, "pid", pid);
		if (errno != EWOULDBLOCK || clock_ms() >= end)
			errx(EX_TEMPFAIL, "slot %u is held by process %s",
			    s->number, pid);
		clock_sleep_ms(20);
	}
	return fd;
}

static void
write_pid(const struct slot *s)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	/* Write in place: the lock belongs to this file. */
	if (ftruncate(s->lock, 0) == -1 ||
	    pwrite(s->lock, text, (size_t)n, 0) != n)
		warn("unable to write %s/pid", s->state.dir);
}

static void
open_work(struct slot *s)
{
	char path[PATH_MAX];

	if (mkdir(state_path(&s->state, "work", path), 0700) == -1 &&
	    errno != EEXIST)
		err(EX_CANTCREAT, "unable to make %s", path);
	s->control = control_open(state_path(&s->state, "work/control", path));
	if (s->control == NULL)
		err(EX_CANTCREAT, "unable to listen at %s", path);
	if (s->reload_client != -1)
		control_adopt(s->control, s->reload_client, CONTROL_RELOAD);
	s->reload_client = -1;
}

static void
close_work(struct slot *s)
{
	char path[PATH_MAX];

	state_path(&s->state, "work/control", path);
	state_remove_dir(&s->state, "work");
	control_close(s->control, path);
}

static void
keep_open(int fd)
{
	if (fd != -1)
		fcntl(fd, F_SETFD, 0);
}

/* Execute the installed vm-slot in this process. Returns only if that fails. */
static void
reload(struct slot *s)
{
	char kept[32], number[8];
	const char *argv[] = {"vm-slot", "-R", kept, s->verbose ? "-v" : number,
	    s->verbose ? number : NULL, NULL};

	snprintf(kept, sizeof(kept), "%d,%d", s->lock, s->reload_client);
	snprintf(number, sizeof(number), "%u", s->number);
	if (s->notify != NULL)
		setenv("NOTIFY_SOCKET", s->notify, 1);
	keep_open(s->lock);
	keep_open(s->reload_client);
	execvp(argv[0], (char *const *)argv);
	unsetenv("NOTIFY_SOCKET");
	fcntl(s->lock, F_SETFD, FD_CLOEXEC);
}

static void
init_slot(struct slot *s, unsigned number, const struct options *o)
{
	const char *notify = getenv("NOTIFY_SOCKET");
	char value[STATE_VALUE_MAX];
	enum child_id id;

	s->number = number;
	s->told = "";
	s->end = "empty";
	s->reload = reload;
	s->reload_client = o->client;
	s->notify = notify != NULL ? strdup(notify) : NULL;
	unsetenv("NOTIFY_SOCKET"); /* the children are not the service */
	watch_init(&s->watch);
	for (id = 0; id < CHILDREN; id++)
		child_init(&s->children[id], id);
	s->verbose = o->verbose || state_has(&s->state, "verbose");
	s->writable = slot_is_asked(s, "writable");
	s->served = slot_is_asked(s, "served");
	state_get(&s->state, "url", s->url);
	if (state_get(&s->state, "device", value))
		snprintf(s->device, sizeof(s->device), "%.127s", value);
	s->own = state_has(&s->state, "drive");
	s->timeout = state_get_number(&s->state, "timeout");
	if (s->timeout <= 0)
		s->timeout = TIMEOUT_SECONDS;
	s->give_up = clock_ms() + 1000 * s->timeout;
}

static bool
has_state(const struct slot *s, const char *state)
{
	char value[STATE_VALUE_MAX];

	state_get(&s->state, "state", value);
	return strcmp(value, state) == 0;
}

static bool
is_in(const struct slot *s)
{
	return has_state(s, "active") || has_state(s, "degraded");
}

/* Is the medium that an earlier vm-slot held still there? This is also true for
 * an empty drive: the host has ejected the medium since, and we notice that
 * later. */
static bool
is_there(const struct slot *s)
{
	const char *sys = getenv("VM_SYS"), *name = strrchr(s->device, '/');
	struct gadget_medium medium;
	struct gadget gadget;
	char path[PATH_MAX];
	bool is_ours;

	if (!is_in(s) || name == NULL)
		return false;
	snprintf(
	    path, sizeof(path), "%s/block%s/pid", sys ? sys : "/sys", name);
	if ((slot_has_device(s) && access(path, F_OK) == -1) ||
	    gadget_open_slot(&gadget, s->number, 2000) == -1)
		return false;
	is_ours = gadget_get_medium(&gadget, s->number, &medium) == 0 &&
		  (medium.unknown || *medium.file == '\0' ||
		      strcmp(medium.file, s->device) == 0);
	gadget_close(&gadget);
	return is_ours;
}

/* Adopt what a killed vm-slot has left, to undo it first. */
static void
begin_to_undo(struct slot *s)
{
	enum child_id id;

	for (id = 0; id < CHILDREN; id++) {
		if (id == CHILD_HOOK)
			continue;
		child_adopt(&s->children[id], &s->state);
		if (id > CHILD_WRITER)
			child_hurry(&s->children[id], LEFT_SECONDS);
	}
}

static void
begin(struct slot *s, const struct options *o)
{
	static const char *const words[] = {
	    "error", "status", "cause", "taken", NULL};
	static const char *const reason[] = {"reason", NULL};

	/* Finish the eject of a vm-slot that was killed during it. */
	if (o->clean || has_state(s, "deactivating")) {
		s->quiet = true;
		s->discarded = o->discard;
		s->cleaning = o->clean;
		begin_to_undo(s);
		s->was_in = is_in(s);
		if (s->writable && slot_has_device(s))
			slot_attend_writer(s);
		slot_begin_end(s);
		slot_enter(s, PHASE_EMPTY);
		return;
	}
	state_remove(&s->state, words);
	if (state_has(&s->state, "asker"))
		slot_say_asked(s, "mount %s", s->url);
	if (is_there(s)) {
		s->phase = PHASE_IN;
		slot_resume(s);
		return;
	}
	state_remove(&s->state, reason);
	s->to_make = true;
	begin_to_undo(s);
	slot_put(s, "state", "activating");
	slot_enter(s, PHASE_EMPTY);
}

static int
live(unsigned number, const struct options *o)
{
	static struct slot slot;
	struct slot *s = &slot;
	int status;

	fill_standard_streams();
	state_init(&s->state, number);
	if (o->clean && !state_has(&s->state, "work") &&
	    !state_has(&s->state, "request"))
		return 0;
	if (!o->clean && !state_has(&s->state, "request"))
		errx(EX_CONFIG, "slot %u: there is no request in %s", number,
		    s->state.dir);
	set_environment();
	s->signals = slot_catch_signals();
	s->lock = o->lock;
	init_slot(s, number, o);
	if (s->lock == -1)
		s->lock = lock_slot(s);
	fcntl(s->lock, F_SETFD, FD_CLOEXEC);
	open_work(s);
	begin(s, o);
	write_pid(s);
	status = slot_loop(s);
	close_work(s);
	return status;
}

/* --- main ------------------------------------------------------------------ */

static int
parse_number(const char *text, uint64_t max)
{
	uint64_t n;

	if (number_parse(text, 0, max, &n) == -1) {
		usage(stderr);
		exit(EX_USAGE);
	}
	return (int)n;
}

int
main(int argc, char **argv)
{
	struct options o = {.lock = -1, .client = -1};
	static struct state state;
	unsigned slot;
	int c;

	output_check_at_exit();
	o.ask.state = &state;
	o.ask.shows = isatty(STDERR_FILENO);
	while ((c = options_next(argc, argv, "a:dhkp:qR:rt:vV")) != -1) {
		switch (c) {
		case 'a':
			o.ask.request = optarg;
			break;
		case 'd':
			o.discard = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'k':
			o.clean = true;
			break;
		case 'p':
			o.ask.beside = parse_number(optarg, INT_MAX);
			break;
		case 'q':
			o.ask.shows = false;
			break;
		case 'R':
			if (sscanf(optarg, "%d,%d", &o.lock, &o.client) != 2)
				return EX_USAGE;
			break;
		case 'r':
			o.reload = true;
			o.ask.request = "reload";
			o.ask.seconds = RELOAD_SECONDS;
			break;
		case 't':
			o.ask.seconds = (unsigned)parse_number(optarg, 86400);
			break;
		case 'v':
			o.verbose = true;
			break;
		case 'V':
			puts("vm-slot " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (argc - optind != 1) {
		usage(stderr);
		return EX_USAGE;
	}
	slot = (unsigned)parse_number(argv[optind], GADGET_SLOTS - 1);
	if (o.ask.request == NULL)
		return live(slot, &o);
	state_init(&state, slot);
	o.ask.slot = slot;
	return ask(&o);
}
