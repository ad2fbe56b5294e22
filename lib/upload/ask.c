/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/number.h"
#include "door/client.h"
#include "door/request.h"
#include "unix/fd-passing.h"
#include "upload/ask.h"

#define ANSWER_MS 60000 /* allows for the store's lock and a busy machine */
#define RETRY	  5	/* seconds, where vm-door names none */

/* --- results -------------------------------------------------------------- */

/* The HTTP status for each result of vm-door, and the words if vm-door sends
 * none. */
static const struct {
	const char *result;
	int status;
	const char *words;
} results[] = {
    {"unauthenticated", 401,
	"Log in: send X-Auth-Token, or a user and password."},
    {"locked", 401, "The account is locked after too many wrong passwords."},
    {"forbidden", 403, "Only an administrator may change the image store."},
    {"password-change", 403, "Change your password first."},
    {"invalid", 400, "The request is not right."},
    {"not-found", 404, "There is no such upload or image."},
    {"exists", 409, "There is such an image already."},
    {"limit", 413, "It does not fit into the image store."},
    {"busy", 409, "The image is in use."},
    {"slow", 503, "Too many wrong passwords: wait."},
    {"timeout", 503, "It took too long: try again."},
    {"unavailable", 503, "There is no image store: set store in vmedia.conf."},
};

static uint64_t
number_of(const struct door_message *answer, const char *name)
{
	const char *text = door_string(answer, name);
	uint64_t n;

	return text != NULL && number_parse(text, 0, INT64_MAX, &n) == 0 ? n
									 : 0;
}

/* Returns whether the result is "ok". */
static bool
take_result(struct upload *u, const struct door_message *answer)
{
	const char *result = door_string(answer, "result");
	const char *words = door_string(answer, "message");
	int status = 500;
	size_t i;

	if (result == NULL) {
		u->retry_after = RETRY;
		return upload_refuse(
		    u, 503, "The service vm-door does not answer: start it.");
	}
	if (strcmp(result, "ok") == 0)
		return true;
	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (strcmp(result, results[i].result) != 0)
			continue;
		status = results[i].status;
		words = words != NULL ? words : results[i].words;
	}
	if (door_string(answer, "gone") != NULL)
		status = 410;
	if (status == 503) {
		u->retry_after = (int)number_of(answer, "retry");
		u->retry_after = u->retry_after > 0 ? u->retry_after : RETRY;
	}
	return upload_refuse(
	    u, status, "%s", words != NULL ? words : "It has failed.");
}

/* --- asking --------------------------------------------------------------- */

bool
upload_take_client(struct upload *u)
{
	if (credentials_take(u->http, &u->credentials))
		return true;
	return upload_refuse(
	    u, 401, "Log in: send X-Auth-Token, or a user and password.");
}

static void
begin(const struct upload *u, struct door_message *request, const char *verb,
    const char *id)
{
	door_begin(request, verb, u->http->peer, &u->credentials);
	door_add_string(request, "id", id);
}

/* Send the request, and take the result. The caller frees the answer. If fd is
 * not NULL, the connection stays open as *fd, which the caller closes. */
static bool
ask(struct upload *u, struct door_message *request, struct door_message *answer,
    int *fd)
{
	int64_t deadline = clock_ms() + ANSWER_MS;

	if (fd != NULL)
		*fd = door_ask_and_watch(request, answer, deadline);
	else
		door_ask(request, answer, deadline);
	door_message_free(request);
	return take_result(u, answer);
}

/* Ask for a change of that upload. */
static bool
change(struct upload *u, const char *verb, const char *id)
{
	struct door_message request, answer;
	bool is_ok;

	begin(u, &request, verb, id);
	is_ok = ask(u, &request, &answer, NULL);
	door_message_free(&answer);
	return is_ok;
}

bool
upload_finish(struct upload *u, const char *id)
{
	return change(u, "image-finish", id);
}

bool
upload_remove(struct upload *u, const char *id)
{
	return change(u, "image-remove", id);
}

bool
upload_begin(struct upload *u, struct upload_target *t)
{
	const struct tus_request *tus = &u->tus;
	struct door_message request, answer;
	const char *id = NULL;
	char size[24];
	bool is_ok;

	*t = (struct upload_target){.data = -1, .mark = -1, .door = -1};
	snprintf(size, sizeof(size), "%llu", (unsigned long long)tus->length);
	begin(u, &request, "image-begin", NULL);
	door_add_string(&request, "name", tus->name);
	door_add_string(&request, "size", size);
	door_add_string(&request, "metadata", tus->metadata);
	if (tus->sha256[0] != '\0')
		door_add_string(&request, "checksum", tus->sha256);
	if (tus->owner[0] != '\0')
		door_add_string(&request, "owner", tus->owner);
	is_ok = ask(u, &request, &answer, NULL);
	if (is_ok)
		id = door_string(&answer, "id");
	if (is_ok && (id == NULL || strlen(id) != sizeof(t->id) - 1))
		is_ok = upload_refuse(u, 500, "The upload has got no id.");
	if (is_ok) {
		snprintf(t->id, sizeof(t->id), "%s", id);
		t->size = tus->length;
		t->expires = (int64_t)number_of(&answer, "expires");
	}
	door_message_free(&answer);
	return is_ok;
}

bool
upload_fetch(struct upload *u, const struct upload_wish *wish)
{
	struct door_message request, answer;
	const char *id;
	bool is_ok;

	begin(u, &request, "image-fetch", NULL);
	door_add_string(&request, "url", wish->url);
	door_add_string(&request, "name", wish->name);
	door_add_string(&request, "checksum", wish->sha256);
	door_add_string(&request, "owner", wish->owner);
	is_ok = ask(u, &request, &answer, NULL);
	id = is_ok ? door_string(&answer, "id") : NULL;
	if (id != NULL)
		snprintf(u->tus.id, sizeof(u->tus.id), "%s", id);
	door_message_free(&answer);
	return is_ok && id == NULL
		   ? upload_refuse(u, 500, "The fetch has got no id.")
		   : is_ok;
}

bool
upload_room(struct upload *u, uint64_t *size)
{
	struct door_message request, answer;
	bool is_ok;

	begin(u, &request, "image-room", NULL);
	is_ok = ask(u, &request, &answer, NULL);
	if (is_ok)
		*size = number_of(&answer, "size");
	door_message_free(&answer);
	return is_ok;
}

/* --- looking and opening -------------------------------------------------- */

static void
take_target(const struct upload *u, const struct door_message *answer,
    struct upload_target *t)
{
	snprintf(t->id, sizeof(t->id), "%s", u->tus.id);
	t->size = number_of(answer, "size");
	t->offset = number_of(answer, "offset");
	t->expires = (int64_t)number_of(answer, "expires");
	t->keep = (int64_t)number_of(answer, "keep");
}

static bool
is_in_state(const struct door_message *answer, const char *state)
{
	const char *text = door_string(answer, "state");

	return text != NULL && strcmp(text, state) == 0;
}

bool
upload_look(struct upload *u, struct upload_target *t, bool *is_whole)
{
	struct door_message request, answer;
	const char *metadata;
	bool is_ok;

	*t = (struct upload_target){.data = -1, .mark = -1, .door = -1};
	begin(u, &request, "image-open", u->tus.id);
	door_add_string(&request, "mode", "read");
	is_ok = ask(u, &request, &answer, NULL);
	if (is_ok) {
		take_target(u, &answer, t);
		metadata = door_string(&answer, "metadata");
		snprintf(u->metadata, sizeof(u->metadata), "%s",
		    metadata != NULL ? metadata : "");
		*is_whole = t->offset == t->size &&
			    is_in_state(&answer, "incoming") &&
			    door_string(&answer, "error") == NULL;
	}
	door_message_free(&answer);
	return is_ok;
}

/* Receive the descriptors that follow the answer. Returns whether both have
 * come. */
static bool
receive_files(struct upload_target *t)
{
	struct pollfd p = {.fd = t->door, .events = POLLIN};
	int fds[2] = {-1, -1};
	char byte;

	if (poll(&p, 1, ANSWER_MS) == 1)
		pass_receive(t->door, &byte, 1, fds, 2);
	t->data = fds[0];
	t->mark = fds[1];
	return t->data != -1 && t->mark != -1;
}

bool
upload_open(struct upload *u, struct upload_target *t, bool watches)
{
	struct door_message request, answer;
	bool is_ok;

	*t = (struct upload_target){.data = -1, .mark = -1, .door = -1};
	begin(u, &request, "image-open", u->tus.id);
	door_add_string(&request, "mode", "write");
	if (watches)
		door_add_string(&request, "watch", "yes");
	is_ok = ask(u, &request, &answer, &t->door);
	if (is_ok) {
		take_target(u, &answer, t);
		t->is_open = is_in_state(&answer, "incoming");
	}
	door_message_free(&answer);
	if (is_ok && t->is_open && !receive_files(t))
		is_ok = upload_refuse(
		    u, 503, "vm-door did not open the upload: try again.");
	return is_ok;
}

void
upload_close(struct upload_target *t)
{
	if (t->data != -1)
		close(t->data);
	if (t->mark != -1)
		close(t->mark);
	if (t->door != -1)
		close(t->door);
	t->data = t->mark = t->door = -1;
}

/* --- the list ------------------------------------------------------------- */

/* The image with that id in the output of `vm-image ls -j`, as JSON that the
 * caller frees; NULL if there is none. */
static char *
find_image(const char *list, const char *id)
{
	json_t *json = json_loads(list, 0, NULL), *image;
	char *text = NULL;
	const char *found;
	size_t i;

	json_array_foreach(json_object_get(json, "images"), i, image)
	{
		found = json_string_value(json_object_get(image, "id"));
		if (found != NULL && strcmp(found, id) == 0)
			text = json_dumps(image, JSON_COMPACT);
	}
	json_decref(json);
	return text;
}

bool
upload_list(struct upload *u, const char *id)
{
	struct door_message request, answer;
	const char *list;
	bool is_ok;

	begin(u, &request, "image-list", NULL);
	is_ok = ask(u, &request, &answer, NULL);
	list = is_ok ? door_string(&answer, "json") : NULL;
	if (is_ok && list == NULL)
		is_ok = upload_refuse(u, 500, "The list is missing.");
	if (is_ok)
		u->text = id == NULL ? strdup(list) : find_image(list, id);
	door_message_free(&answer);
	if (is_ok && u->text == NULL)
		is_ok = upload_refuse(u, 404, "There is no such image.");
	return is_ok;
}
