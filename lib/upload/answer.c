/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "unix/places.h"
#include "upload/answer.h"
#include "upload/ask.h"
#include "upload/receive.h"
#include "upload/wish.h"

#define WISH_MAX 16384 /* bytes of JSON */

/* Answer with success, and drop an earlier refusal. */
static void
accept_with(struct upload *u, int status)
{
	u->status = status;
	u->error[0] = '\0';
	u->retry_after = 0;
}

static void
set_offset(struct upload *u, uint64_t offset)
{
	u->has_offset = true;
	u->offset = offset;
}

/* --- bytes into an upload ------------------------------------------------- */

/* An upload expires t->keep seconds after its last byte. */
static void
set_expires(struct upload *u, const struct upload_target *t)
{
	struct stat st;

	u->expires = t->data != -1 && t->keep != 0 && fstat(t->data, &st) == 0
			 ? st.st_ctime + t->keep
			 : t->expires;
}

/* If all bytes are there, ask vm-door to make the upload an image. The request
 * succeeds even if vm-door refuses that, because the bytes are stored: a later
 * PATCH or HEAD asks again. */
static void
finish(struct upload *u, const struct upload_target *t, int status)
{
	if (t->offset == t->size && !upload_finish(u, t->id))
		warnx("unable to finish the upload %s: %s", t->id, u->error);
	accept_with(u, status);
}

/* Has the body more bytes than the upload lacks? */
static bool
is_too_long(const struct upload *u, const struct upload_target *t)
{
	return t->offset > t->size || u->http->length > t->size - t->offset;
}

/* Receive the body into an open upload, and close the upload's files. */
static bool
fill(struct upload *u, struct upload_target *t)
{
	bool is_done = receive_begin(u, t);

	set_offset(u, t->offset);
	if (is_done && u->tus.method == TUS_PATCH && u->tus.offset != t->offset)
		is_done = upload_refuse(u, 409,
		    "The next byte of the upload is that of another offset.");
	if (is_done && is_too_long(u, t))
		is_done = upload_refuse(
		    u, 413, "The body has more bytes than the upload lacks.");
	if (is_done)
		is_done = receive_body(u, t);
	set_offset(u, t->offset);
	set_expires(u, t);
	/* No process may have the file open for writing while it is checked. */
	upload_close(t);
	return is_done;
}

static bool
take_place(struct upload *u)
{
	if (places_take())
		return true;
	u->retry_after = 10;
	return upload_refuse(u, 503, "Too many uploads at once: wait.");
}

/* --- the methods ---------------------------------------------------------- */

/* Remove the upload of a POST or PUT whose body did not arrive: the client
 * has not been told the upload's ID, and nobody else would remove the upload
 * soon. */
static void
undo(struct upload *u, const char *id)
{
	const int status = u->status, retry_after = u->retry_after;
	char error[UPLOAD_TEXT_SIZE];

	memcpy(error, u->error, sizeof(error));
	if (!upload_remove(u, id))
		warnx("unable to remove the upload %s: %s", id, u->error);
	u->status = status;
	u->retry_after = retry_after;
	memcpy(u->error, error, sizeof(u->error));
	u->has_offset = false;
	u->expires = 0;
}

static void
make(struct upload *u)
{
	const bool has_body = u->http->length > 0;
	struct upload_target made, t;

	if (has_body && !take_place(u))
		return;
	if (!upload_begin(u, &made))
		return;
	snprintf(u->tus.id, sizeof(u->tus.id), "%s", made.id);
	t = made;
	if (has_body) {
		if (!upload_open(u, &t, true) || !t.is_open || !fill(u, &t)) {
			upload_close(&t);
			undo(u, made.id);
			return;
		}
	} else {
		set_offset(u, 0);
		u->expires = made.expires;
	}
	snprintf(u->location, sizeof(u->location), TUS_PATH "/%s", made.id);
	finish(u, &t, 201);
}

/* Make this machine fetch an image. Size and time of the body are limited: no
 * client may make vm-upload read an endless one. */
static void
fetch(struct upload *u)
{
	int status;

	if (!take_place(u))
		return;
	status = u->http->length > WISH_MAX
		     ? 413
		     : cgi_read_body(u->http, u->in,
			   clock_ms() + u->idle * INT64_C(1000));
	if (status != 0) {
		upload_refuse(u, status > 0 ? status : 400,
		    status == 413 ? "The body is too long."
				  : "The body has not arrived.");
		return;
	}
	u->taken = u->http->length;
	if (!wish_fetch(u, u->http->body))
		return;
	snprintf(u->location, sizeof(u->location), TUS_PATH "/%s", u->tus.id);
	accept_with(u, 201);
}

static void
look(struct upload *u)
{
	struct upload_target t;
	bool is_whole;

	if (!upload_look(u, &t, &is_whole))
		return;
	/* The last PATCH may have been killed before it could ask for this. */
	if (is_whole)
		finish(u, &t, 200);
	accept_with(u, 200);
	set_offset(u, t.offset);
	u->has_length = true;
	u->length = t.size;
	u->expires = t.expires;
}

static void
patch(struct upload *u)
{
	struct upload_target t;

	if (!take_place(u) || !upload_open(u, &t, true))
		return;
	set_offset(u, t.offset);
	u->expires = t.expires;
	if (u->tus.has_length && u->tus.length != t.size)
		upload_refuse(u, 400, "The length of an upload cannot change.");
	else if (u->tus.offset != t.offset)
		upload_refuse(u, 409,
		    "The next byte of the upload is that of another offset.");
	else if (is_too_long(u, &t))
		upload_refuse(
		    u, 413, "The body has more bytes than the upload lacks.");
	else if (!t.is_open)
		accept_with(u, 204); /* it is whole, and being checked */
	else if (fill(u, &t))
		finish(u, &t, 204);
	upload_close(&t);
}

/* End a connection that writes to the upload, and remove the upload. */
static void
terminate(struct upload *u)
{
	struct upload_target t;

	/* 404: the record is not an upload by HTTP, but of a fetch or a put. */
	if (!upload_open(u, &t, false) && u->status != 404)
		return;
	/* 503: the other connection does not end. A disk error is no reason to
	 * keep the upload. */
	if (t.is_open && !receive_begin(u, &t) && u->status == 503) {
		upload_close(&t);
		return;
	}
	upload_close(&t);
	if (upload_remove(u, u->tus.id))
		accept_with(u, 204);
}

/* Everybody may know what this server can do, but only a client that may upload
 * may know how much room there is. */
static void
configure(struct upload *u)
{
	u->is_configuration = true;
	u->has_room = upload_take_client(u) && upload_room(u, &u->room);
	accept_with(u, 204);
}

void
upload_answer(struct upload *u, int error)
{
	const char *why = "The request cannot be read.";

	if (error == 0)
		error = tus_take(u->http, &u->tus, &why);
	else if (error == 503)
		why = "Too many requests at once: wait.";
	if (error != 0) {
		upload_refuse(u, error, "%s", why);
		u->retry_after = error == 503 ? 5 : 0;
		return;
	}
	if (u->tus.method == TUS_OPTIONS) {
		configure(u);
		return;
	}
	if (!upload_take_client(u))
		return;
	switch (u->tus.method) {
	case TUS_HEAD:
		look(u);
		break;
	case TUS_GET:
		if (upload_list(u, u->tus.place == TUS_ID ? u->tus.id : NULL))
			accept_with(u, 200);
		break;
	case TUS_POST:
	case TUS_PUT:
		if (u->tus.is_fetch)
			fetch(u);
		else
			make(u);
		break;
	case TUS_PATCH:
		patch(u);
		break;
	default:
		terminate(u);
	}
}
