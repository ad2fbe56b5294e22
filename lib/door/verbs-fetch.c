/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The verb by which a client lets this machine fetch an image from a server.
 * Only the hosts that store_hosts allows are reached: otherwise clients could
 * reach into this machine's network.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/control.h"
#include "door/image-run.h"
#include "door/verbs.h"

#define URL_SIZE 8192

/* Is it on a server? Files of this machine are only for vmctl (allow_file). */
static bool
is_of_a_server(const char *url)
{
	static const char *const schemes[] = {
	    "http://", "https://", "nfs://", "smb://"};
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

static bool
is_url_right(struct door_call *c)
{
	const char *url = door_field(c, "url");

	if (url == NULL || url[0] == '\0')
		door_invalid(c, "url", "it is missing");
	else if (has_control(url) || strlen(url) >= URL_SIZE - 1)
		door_invalid(c, "url", "it must be one line");
	else if (!is_of_a_server(url))
		door_invalid(c, "url",
		    "it must begin with http://, https://, nfs:// or smb://");
	else
		return true;
	return false;
}

/* Add what vm-image says about the image to the answer. */
static void
take_output(struct door_call *c, const char *output)
{
	json_t *root = json_loads(output, 0, NULL);
	const char *id = json_string_value(json_object_get(root, "id"));
	const char *name = json_string_value(json_object_get(root, "name"));

	if (id == NULL || name == NULL) {
		door_refuse(c, "failed", "vm-image does not tell the image");
	} else {
		door_log(c, "fetch %s begins: %s", id, name);
		door_result(c, "ok");
		door_add_string(&c->answer, "id", id);
	}
	json_decref(root);
}

void
door_image_fetch(struct door_call *c)
{
	const char *name = door_field(c, "name");
	const char *sha256 = door_field(c, "checksum");
	char url[URL_SIZE];
	struct run r;

	if (!image_has_store(c) || !is_url_right(c) || !image_is_right(c))
		return;
	image_begin(&r, "fetch");
	run_add(&r, "--for-others");
	run_add(&r, "-j");
	run_add(&r, "-o");
	run_add(&r, image_owner(c));
	if (sha256 != NULL) {
		run_add(&r, "-c");
		run_add(&r, sha256);
	}
	run_add(&r, "--");
	/* The URL may have a password, which must not be on a command line. */
	run_add(&r, "-");
	if (name != NULL)
		run_add(&r, name);
	snprintf(url, sizeof(url), "%s\n", door_field(c, "url"));
	r.input = url;
	if (image_run(c, &r))
		take_output(c, r.output);
	run_free(&r);
	explicit_bzero(url, sizeof(url));
}
