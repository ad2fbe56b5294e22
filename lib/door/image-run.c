/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/control.h"
#include "door/image-run.h"
#include "door/store.h"

/* The result for each exit status of vm-image. */
static const struct {
	int status;
	const char *result;
} results[] = {
    {EX_USAGE, "invalid"},
    {EX_DATAERR, "failed"},
    {EX_NOINPUT, "not-found"},
    {EX_CANTCREAT, "limit"},
    {EX_TEMPFAIL, "busy"},
    {EX_NOPERM, "forbidden"},
    {EX_CONFIG, "unavailable"},
    {EX_UNAVAILABLE, "unavailable"},
    {127, "unavailable"},
    {-1, "unavailable"},
};

void
image_begin(struct run *r, const char *verb)
{
	*r = (struct run){.count = 0};
	run_add(r, "vm-image");
	run_add(r, verb);
}

bool
image_run(struct door_call *c, struct run *r)
{
	const char *result = "failed", *why;
	int status = run_program(r);
	char text[16];
	size_t i;

	if (status == 0)
		return true;
	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (results[i].status == status)
			result = results[i].result;
	why = status == 127 || status == -1 ? "vm-image is not installed"
					    : run_reason(r);
	snprintf(text, sizeof(text), "%d", status);
	door_add_string(&c->answer, "exit", text);
	door_log(c, "vm-image %s: %s", r->args[1], why);
	door_refuse(c, result, "%s", why);
	return false;
}

bool
image_has_store(struct door_call *c)
{
	if (c->settings->store != NULL)
		return true;
	door_refuse(c, "unavailable",
	    "there is no image store: set store in vmedia.conf");
	return false;
}

const char *
image_owner(const struct door_call *c)
{
	const char *owner = door_field(c, "owner");

	if (owner != NULL)
		return owner;
	return store_has_owner(c->settings->store, c->account->name)
		   ? c->account->name
		   : "root";
}

bool
image_is_right(struct door_call *c)
{
	const char *name = door_field(c, "name");
	const char *owner = door_field(c, "owner");
	const char *sha256 = door_field(c, "checksum");

	if (name != NULL && (has_control(name) || strchr(name, '/') != NULL))
		door_invalid(c, "name",
		    "an image's name has letters, digits, . _ + - and, inside, "
		    "spaces and parentheses");
	else if (owner != NULL && strcmp(owner, "root") != 0 &&
		 !store_has_owner(c->settings->store, owner))
		door_invalid(c, "owner", "there is no such owner");
	else if (sha256 != NULL &&
		 (strlen(sha256) != 64 ||
		     strspn(sha256, "0123456789abcdef") != 64))
		door_invalid(c, "checksum", "it must be 64 hex digits");
	else
		return true;
	return false;
}
