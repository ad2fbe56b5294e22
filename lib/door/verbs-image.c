/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The verbs of the image store, for vm-upload and others. vm-image does the
 * work; but this file opens the files of an upload, and passes their
 * descriptors to the client behind the answer.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/control.h"
#include "base/number.h"
#include "door/image-run.h"
#include "door/store.h"
#include "door/verbs.h"
#include "store/mark.h"

#define METADATA_SIZE	4097 /* bytes of what a client says of an upload */
#define SIZE_MAX_DIGITS 18   /* of a size: vm-image's limit; no disk has more */

/* --- for all of them ------------------------------------------------------ */

/* The id of the record that the request names; NULL if the refusal
 * is in the answer. */
static const char *
id_of(struct door_call *c)
{
	const char *id = door_field(c, "id");

	if (!image_has_store(c))
		return NULL;
	if (id != NULL && store_is_id(id))
		return id;
	door_invalid(c, "id", "it must be 16 hex digits");
	return NULL;
}

/* --- the list ------------------------------------------------------------- */

void
door_image_list(struct door_call *c)
{
	struct run r;

	if (!image_has_store(c))
		return;
	image_begin(&r, "ls");
	run_add(&r, "-j");
	if (image_run(c, &r)) {
		if (strlen(r.output) < RUN_OUTPUT - 1) {
			door_result(c, "ok");
			door_add_string(&c->answer, "json", r.output);
		} else {
			door_refuse(c, "failed",
			    "there are too many images for one list: type "
			    "vmctl image ls");
		}
	}
	run_free(&r);
}

/* --- a new upload --------------------------------------------------------- */

/* Are the fields of a new upload valid? If not, the refusal
 * is in the answer. */
static bool
are_fields_right(struct door_call *c)
{
	const char *metadata = door_field(c, "metadata");
	const char *size = door_field(c, "size");
	uint64_t n;

	if (door_field(c, "name") == NULL)
		door_invalid(c, "name", "it is missing");
	else if (!image_is_right(c))
		return false;
	else if (size == NULL || number_parse(size, 0, INT64_MAX, &n) == -1)
		door_invalid(c, "size", "it must be a number of bytes");
	else if (strlen(size) > SIZE_MAX_DIGITS)
		door_refuse(c, "limit", "no disk has room for this many bytes");
	else if (metadata != NULL &&
		 (has_control(metadata) || strlen(metadata) >= METADATA_SIZE))
		door_invalid(c, "metadata", "it must be one line");
	else
		return true;
	return false;
}

/* Store the metadata, which a later HEAD must tell. */
static void
keep_metadata(struct door_call *c, const char *id)
{
	const char *metadata = door_field(c, "metadata");
	int record = store_open_record(c->settings->store, "incoming", id);

	if (metadata != NULL &&
	    (record == -1 ||
		store_set_value(record, "metadata", metadata) == -1))
		door_log(c, "unable to keep the metadata of %s: %s", id,
		    strerror(errno));
	if (record != -1)
		close(record);
}

static void
add_number(struct door_call *c, const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	door_add_string(&c->answer, name, text);
}

void
door_image_begin(struct door_call *c)
{
	const char *sha256 = door_field(c, "checksum");
	const char *name = door_field(c, "name");
	struct run r;

	if (!image_has_store(c) || !are_fields_right(c))
		return;
	/* The end of the upload checks this again; a refusal now may save
	 * hours of sending. */
	if (store_has_image(c->settings->store, image_owner(c), name)) {
		door_refuse(c, "exists",
		    "there is an image %s already: remove it first", name);
		return;
	}
	image_begin(&r, "begin");
	run_add(&r, "-o");
	run_add(&r, image_owner(c));
	run_add(&r, "-s");
	run_add(&r, door_field(c, "size"));
	if (sha256 != NULL) {
		run_add(&r, "-c");
		run_add(&r, sha256);
	}
	run_add(&r, "--");
	run_add(&r, name);
	if (image_run(c, &r)) {
		r.output[strcspn(r.output, "\n")] = '\0';
		door_result(c, "ok");
		door_log(c, "upload %s begins", r.output);
		keep_metadata(c, r.output);
		door_add_string(&c->answer, "id", r.output);
		add_number(
		    c, "expires", time(NULL) + (int64_t)c->settings->keep_s);
	}
	run_free(&r);
}

/* How large may an upload be now? */
void
door_image_room(struct door_call *c)
{
	struct run r;

	if (!image_has_store(c))
		return;
	image_begin(&r, "room");
	run_add(&r, "-o");
	run_add(&r, image_owner(c));
	if (image_run(c, &r)) {
		r.output[strcspn(r.output, "\n")] = '\0';
		door_result(c, "ok");
		door_add_string(&c->answer, "size", r.output);
	}
	run_free(&r);
}

/* --- an upload that is there ---------------------------------------------- */

/* Is the record an upload by HTTP? Of any other record, only its maker knows
 * when its bytes are complete and right. */
static bool
is_by_http(struct door_call *c, int record)
{
	char origin[16];
	struct stat st;

	if (fstatat(record, "offset", &st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	/* That file goes when the upload becomes an image, which may be now. */
	if (store_is_at_work(record) &&
	    store_value(record, "origin", origin, sizeof(origin)) &&
	    strcmp(origin, "upload") == 0)
		return true;
	door_refuse(c, "not-found", "it is no upload by HTTP");
	return false;
}

/* The number of bytes that a client need not send again. */
static uint64_t
offset_of(int record, const struct stat *data)
{
	uint64_t size = (uint64_t)data->st_size;
	int mark = store_open_file(record, "offset", O_RDONLY);

	if (mark == -1)
		return size;
	size = mark_counted(mark, size);
	close(mark);
	return size;
}

/* Open the upload's files, to pass them to the client. Returns
 * whether both are open. */
static bool
open_files(struct door_call *c, int record)
{
	c->fds[0] = store_open_file(record, "data", O_RDWR);
	c->fds[1] = store_open_file(record, "offset", O_RDWR);
	if (c->fds[0] != -1 && c->fds[1] != -1)
		return true;
	door_refuse(
	    c, "failed", "unable to open the upload: %s", strerror(errno));
	return false;
}

static void
add_values(struct door_call *c, int record)
{
	static const char *const names[] = {"name", "metadata", "error"};
	char text[METADATA_SIZE + 1];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (store_value(record, names[i], text, sizeof(text)))
			door_add_string(&c->answer, names[i], text);
	add_number(c, "size", (int64_t)store_number(record, "size"));
}

static void
open_upload(struct door_call *c, int record)
{
	const char *mode = door_field(c, "mode");
	bool is_write = mode != NULL && strcmp(mode, "write") == 0;
	bool is_at_work = store_is_at_work(record);
	struct stat st;
	int64_t expires;

	if (!is_by_http(c, record))
		return;
	if (fstatat(record, "data", &st, AT_SYMLINK_NOFOLLOW) == -1) {
		door_refuse(c, "not-found", "it is no upload by HTTP");
		return;
	}
	expires = st.st_ctime + (int64_t)c->settings->keep_s;
	if (expires < time(NULL) && !is_at_work) {
		door_add_string(&c->answer, "gone", "yes");
		door_refuse(c, "not-found", "the upload has expired");
		return;
	}
	if (is_write && !is_at_work && !open_files(c, record))
		return;
	door_result(c, "ok");
	door_add_string(
	    &c->answer, "state", is_at_work ? "checking" : "incoming");
	add_values(c, record);
	add_number(c, "offset", (int64_t)offset_of(record, &st));
	add_number(c, "expires", expires);
	add_number(c, "keep", (int64_t)c->settings->keep_s);
}

void
door_image_open(struct door_call *c)
{
	const char *id = id_of(c);
	int record;

	if (id == NULL)
		return;
	record = store_open_record(c->settings->store, "incoming", id);
	if (record != -1) {
		open_upload(c, record);
		close(record);
		return;
	}
	record = store_open_record(c->settings->store, "images", id);
	if (record == -1) {
		door_refuse(c, "not-found", "there is no such upload or image");
		return;
	}
	door_result(c, "ok");
	door_add_string(&c->answer, "state", "ready");
	add_values(c, record);
	add_number(c, "offset", (int64_t)store_number(record, "size"));
	close(record);
}

/* --- its end -------------------------------------------------------------- */

/* Finish the upload after the client has its answer: a large
 * image takes minutes. */
static void
run_finish(struct door_call *c)
{
	const char *id = door_field(c, "id");
	struct run r;
	int status;

	image_begin(&r, "finish");
	run_add(&r, "--id");
	run_add(&r, id);
	status = run_program(&r);
	if (status == 0)
		door_log(c, "upload %s is an image", id);
	else
		door_log(c, "upload %s: %s", id, run_reason(&r));
	run_free(&r);
}

void
door_image_finish(struct door_call *c)
{
	const char *id = id_of(c);
	int record;

	if (id == NULL)
		return;
	record = store_open_record(c->settings->store, "incoming", id);
	if (record == -1) {
		door_refuse(c, "not-found", "there is no such upload");
		return;
	}
	if (is_by_http(c, record)) {
		door_result(c, "ok");
		c->after = run_finish;
	}
	close(record);
}

void
door_image_remove(struct door_call *c)
{
	const char *id = id_of(c);
	struct run r;

	if (id == NULL)
		return;
	image_begin(&r, "rm");
	run_add(&r, "--id");
	run_add(&r, id);
	if (image_run(c, &r)) {
		door_result(c, "ok");
		door_log(c, "%s is removed", id);
	}
	run_free(&r);
}
