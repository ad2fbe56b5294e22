/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <linux/fs.h>

#include "base/clock.h"
#include "drive/keeper-medium.h"
#include "drive/keeper-worker.h"
#include "unix/atomic-file.h"

#define EJECT_MS 20000 /* for the source to keep what was written */

/* For who asks which medium is in, and for a vm-drive that is started again. */
static void
write_medium(const struct keeper *k)
{
	char path[PATH_MAX], line[DRIVE_LINE_MAX];

	drive_path(k->setup->slot, "medium", path);
	if (has_medium(k))
		drive_medium_line(&k->medium.wish, line);
	else
		*line = '\0';
	if (replace_file(path, line, strlen(line)) == 0)
		return;
	/* None is better than one that the host does not have; and where memory is
	 * all used, there is room now. */
	unlink(path);
	if (replace_file(path, line, strlen(line)) == -1)
		k->setup->say("unable to write which medium is in");
}

/* --- the source -------------------------------------------------------------- */

/* Linux lets a read-only block device be opened for writing. */
static int
examine_device(struct keeper *k)
{
	struct kept_medium *m = &k->medium;
	int ro = 0;

	if (ioctl(m->file, BLKGETSIZE64, &m->size) == -1)
		return fail_errno(
		    k->why, EX_NOINPUT, "unable to use %s", m->wish.path);
	if (m->wish.writable && ioctl(m->file, BLKROGET, &ro) == 0 && ro)
		return fail(k->why, EX_NOPERM,
		    "unable to write to %s: it is read-only", m->wish.path);
	return 0;
}

/* Another file may get the same name. */
static void
identify_file(struct nbd_connection *image, const struct stat *st)
{
	if (S_ISBLK(st->st_mode))
		snprintf(image->identity, sizeof(image->identity), "device %ju",
		    (uintmax_t)st->st_rdev);
	else
		snprintf(image->identity, sizeof(image->identity),
		    "file %ju %ju", (uintmax_t)st->st_dev,
		    (uintmax_t)st->st_ino);
}

static int
open_file(struct keeper *k)
{
	struct kept_medium *m = &k->medium;
	struct stat st;

	m->file = open(
	    m->wish.path, (m->wish.writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (m->file == -1 || fstat(m->file, &st) == -1)
		return fail_errno(k->why,
		    errno == EACCES || errno == EPERM || errno == EROFS
			? EX_NOPERM
			: EX_NOINPUT,
		    "unable to open %s", m->wish.path);
	m->size = (uint64_t)st.st_size;
	identify_file(&m->dial.first, &st);
	return S_ISBLK(st.st_mode) ? examine_device(k) : 0;
}

static int
open_source(struct keeper *k)
{
	const char *path = k->medium.wish.path;
	struct stat st;

	if (stat(path, &st) == -1)
		return fail_errno(
		    k->why, EX_NOINPUT, "unable to open %s", path);
	if (S_ISSOCK(st.st_mode))
		return 0;
	/* To open another kind of file might wait for ever. */
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return fail(k->why, EX_NOINPUT,
		    "unable to use %s: it is neither a file nor a socket",
		    path);
	return open_file(k);
}

static void
close_source(struct keeper *k)
{
	struct kept_medium *m = &k->medium;

	dial_end(&m->dial);
	if (m->file != -1)
		close(m->file);
	m->file = -1;
	*m->wish.path = '\0';
}

static void
give_source(struct keeper *k, int fd)
{
	struct kept_medium *m = &k->medium;

	worker_order(k, m->is_in ? DRIVE_CONTINUE : DRIVE_INSERT, fd);
	m->is_given = true;
	m->is_wanted = false;
	m->lost = -1;
	/* It was to be ejected, and could not write out without a source. */
	if (m->end != 0)
		worker_order(k, DRIVE_EJECT, -1);
}

void
medium_want(struct keeper *k)
{
	if (!has_medium(k))
		return;
	k->medium.is_wanted = true;
	if (k->medium.lost == -1)
		k->medium.lost = clock_ms();
}

/* There is no source: how long may the host wait? */
static void
bear_loss(struct keeper *k)
{
	struct kept_medium *m = &k->medium;

	if (clock_ms() < m->lost + 1000 * (int64_t)m->wish.outage)
		return;
	if (m->is_in) {
		worker_order(k, DRIVE_GIVE_UP, -1);
		return;
	}
	fail_because(k->why, CAUSE_UNREACHABLE, EX_UNAVAILABLE,
	    "unable to connect to %s: %s", m->wish.path, m->dial.reason);
	medium_gone(k, k->why);
}

static void
find_source(struct keeper *k)
{
	struct kept_medium *m = &k->medium;
	int socket = -1, rc;

	if (m->file != -1) {
		*k->image = (struct store_image){1, m->dial.first};
		give_source(k, m->file);
		return;
	}
	rc = dial_go_on(&m->dial, &socket, k->why);
	if (rc == 0) {
		bear_loss(k);
	} else if (rc == -1) {
		if (m->is_in)
			k->setup->say(k->why->text);
		else
			medium_gone(k, k->why);
	} else {
		m->size = m->dial.first.size;
		*k->image = (struct store_image){1, m->dial.first};
		give_source(k, socket);
		close(socket);
	}
}

/* --- in and out ---------------------------------------------------------------- */

int
medium_insert(struct keeper *k, const struct drive_medium *wish)
{
	struct kept_medium *m = &k->medium;

	*m = (struct kept_medium){.wish = *wish, .file = -1, .lost = -1};
	dial_init(&m->dial, m->wish.path, wish->writable, k->setup->say);
	k->image->is_known = 0;
	if (open_source(k) == -1)
		close_source(k);
	else
		medium_want(k);
	write_medium(k);
	return has_medium(k) ? 0 : -1;
}

int
medium_resume(struct keeper *k, const struct drive_medium *wish)
{
	const struct store_image image = *k->image;
	struct kept_medium *m = &k->medium;

	if (medium_insert(k, wish) == -1)
		return -1;
	if (m->file != -1 && image.is_known &&
	    strcmp(image.first.identity, m->dial.first.identity) != 0) {
		close_source(k);
		write_medium(k);
		return fail(k->why, EX_NOINPUT,
		    "%s is not the file that was inserted", wish->path);
	}
	m->is_in = true;
	m->dial.is_known = image.is_known;
	m->dial.first = image.first;
	*k->image = image;
	return 0;
}

void
medium_inserted(struct keeper *k)
{
	if (!k->medium.is_in)
		drive_control_reply_all(&k->control, WAIT_INSERTED, NULL);
	k->medium.is_in = true;
}

void
medium_eject(struct keeper *k, bool discard)
{
	struct kept_medium *m = &k->medium;

	if (!has_medium(k))
		return;
	if (!m->is_given) {
		medium_gone(k, NULL);
		return;
	}
	if (m->end == 0)
		m->end = clock_ms() + EJECT_MS;
	m->is_discarded = m->is_discarded || discard;
	/* Nothing is to be written out of a medium that is read only. */
	if (discard || !m->wish.writable)
		worker_order(k, DRIVE_DISCARD, -1);
	else if (!m->is_wanted)
		worker_order(k, DRIVE_EJECT, -1);
}

static void
describe_loss(struct keeper *k)
{
	fail(k->why, EX_IOERR,
	    "unable to write out all that the host wrote to %s",
	    k->medium.wish.path);
}

void
medium_gone(struct keeper *k, const struct failure *why)
{
	struct kept_medium *m = &k->medium;
	unsigned told;

	if (!has_medium(k))
		return;
	m->is_unsaved = m->is_unsaved && m->wish.writable && !m->is_discarded;
	if (m->is_unsaved) {
		describe_loss(k);
		why = k->why;
		k->setup->say(why->text);
	}
	close_source(k);
	write_medium(k);
	m->end = 0;
	m->is_wanted = m->is_in = m->is_given = false;
	m->is_failed = why != NULL;
	told = drive_control_reply_all(
	    &k->control, WAIT_EJECTED, m->is_unsaved ? why : NULL);
	if (m->is_unsaved)
		told += drive_control_reply_all(&k->control, WAIT_END, why);
	if (why == NULL)
		fail(k->why, EX_TEMPFAIL, "the medium was ejected at once");
	drive_control_reply_all(&k->control, WAIT_INSERTED, k->why);
	/* The next who asks for an eject hears it, if nobody has. */
	m->is_unsaved = m->is_unsaved && told == 0;
}

void
medium_unfit(struct keeper *k)
{
	const struct kept_medium *m = &k->medium;
	unsigned block = m->wish.block_size;

	if (m->size < block)
		fail(k->why, EX_DATAERR,
		    "unable to show %s: it has %" PRIu64
		    " bytes, less than one block of the drive (%u)",
		    m->wish.path, m->size, block);
	else
		fail(k->why, EX_DATAERR,
		    "unable to show %s: %" PRIu64
		    " bytes are too many for a drive with blocks of %u",
		    m->wish.path, m->size, block);
	medium_gone(k, k->why);
}

void
medium_go_on(struct keeper *k)
{
	struct kept_medium *m = &k->medium;

	if (k->is_ready && m->is_wanted)
		find_source(k);
	/* What the kernel does with a file can't be given up. */
	if (m->end == 0 || m->file != -1 || clock_ms() < m->end)
		return;
	m->is_unsaved = true;
	m->end = clock_ms() + EJECT_MS;
	worker_order(k, DRIVE_DISCARD, -1);
}

int
medium_wait_ms(const struct keeper *k)
{
	return k->medium.is_wanted || k->medium.end != 0 ? DIAL_AGAIN_MS : -1;
}
