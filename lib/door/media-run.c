/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <jansson.h>

#include "base/clock.h"
#include "door/media-run.h"
#include "door/run.h"
#include "door/slot-settings.h"

#define ASK_MS	     2000 /* for a host that has locked its drive */
#define ASK_PAUSE_MS 500

struct text {
	char slot[4], seconds[16], expires[24];
};

/* Take the end of a run from what vmctl -j has printed. */
static void
take_end(struct run *r, int status, struct media_end *end)
{
	json_t *json =
	    r->output != NULL ? json_loads(r->output, 0, NULL) : NULL;
	const json_t *error = json_object_get(json, "error");
	const char *cause = json_string_value(json_object_get(error, "cause"));
	const char *message =
	    json_string_value(json_object_get(error, "message"));

	*end = (struct media_end){.status = status};
	end->changed = json_is_true(json_object_get(json, "changed"));
	snprintf(
	    end->cause, sizeof(end->cause), "%s", cause != NULL ? cause : "");
	if (message == NULL && status != 0)
		message = run_reason(r);
	snprintf(end->message, sizeof(end->message), "%s",
	    message != NULL ? message : "");
	json_decref(json);
}

static void
run_and_take(struct run *r, struct media_end *end)
{
	int status = run_program(r);

	if (status == -1) {
		*end = (struct media_end){.status = EX_OSERR};
		snprintf(end->message, sizeof(end->message),
		    "unable to start vmctl: %s", strerror(errno));
	} else {
		take_end(r, status, end);
	}
	run_free(r);
}

static void
add_login(const struct media_mount *m, struct run *r)
{
	if (m->user != NULL) {
		run_add(r, "--user");
		run_add(r, m->user);
	}
	if (m->password != NULL)
		run_add_secret(
		    r, "--password", m->password, strlen(m->password));
}

/* Add the options with which vmctl reaches the image's server. */
static void
add_source(const struct door_call *c, const struct media_mount *m,
    struct run *r, char **certificates)
{
	char *verify = setting_get(c, m->slot, SETTING_VERIFY);
	bool verifies =
	    verify != NULL ? strcmp(verify, "yes") == 0 : c->settings->verifies;

	free(verify);
	add_login(m, r);
	*certificates = slot_certificates(c, m->slot);
	if (!verifies)
		run_add(r, "--insecure");
	else if (*certificates != NULL)
		run_add_secret(
		    r, "--cacert", *certificates, strlen(*certificates));
}

/* Add the options that say when vmctl ejects the image. */
static void
add_policy(
    const struct door_call *c, unsigned slot, struct run *r, struct text *text)
{
	char *policy = setting_get(c, slot, SETTING_POLICY);
	char *expires = setting_get(c, slot, SETTING_EXPIRES);

	if (policy != NULL && strcmp(policy, "OnPowerOff") == 0)
		run_add(r, "--boot-once");
	if (policy != NULL && strcmp(policy, "Timed") == 0 && expires != NULL) {
		snprintf(text->expires, sizeof(text->expires), "%ss", expires);
		run_add(r, "--expires");
		run_add(r, text->expires);
	}
	free(policy);
	free(expires);
}

static void
begin(struct run *r, const char *verb, unsigned slot, struct text *text)
{
	*r = (struct run){.count = 0};
	snprintf(text->slot, sizeof(text->slot), "%u", slot);
	run_add(r, "vmctl");
	run_add(r, verb);
	run_add(r, "--json");
	run_add(r, "--slot");
	run_add(r, text->slot);
}

void
media_mount(const struct door_call *c, const struct media_mount *m,
    unsigned seconds, struct media_end *end)
{
	bool is_disk = c->settings->drives[m->slot] == IMAGE_DISK;
	char *certificates = NULL;
	struct text text;
	struct run r;

	begin(&r, "mount", m->slot, &text);
	snprintf(text.seconds, sizeof(text.seconds), "%u", seconds);
	run_add(&r, "--timeout");
	run_add(&r, text.seconds);
	/* A disk's slot takes any image as a disk; a CD's slot takes
	 * only a CD image. */
	run_add(&r, "--type");
	run_add(&r, is_disk || m->retypes ? "disk" : "auto");
	if (m->retypes)
		run_add(&r, "--retype");
	if (m->is_writable)
		run_add(&r, "--writable");
	add_source(c, m, &r, &certificates);
	add_policy(c, m->slot, &r, &text);
	run_add(&r, "-");
	r.input = m->url;
	run_and_take(&r, end);
	free(certificates);
}

void
media_renew(const struct media_mount *m, struct media_end *end)
{
	struct text text;
	struct run r;

	begin(&r, "renew", m->slot, &text);
	add_login(m, &r);
	run_add(&r, "-");
	r.input = m->url;
	run_and_take(&r, end);
}

bool
media_needs_disk(const struct door_call *c, const struct media_mount *m)
{
	char *certificates = NULL;
	struct run r = {.count = 0};
	const char *format, *media;
	bool needs = false;
	json_t *json;

	run_add(&r, "vmctl");
	run_add(&r, "probe");
	run_add(&r, "--json");
	add_source(c, m, &r, &certificates);
	run_add(&r, "-");
	r.input = m->url;
	if (run_program(&r) == 0) {
		json = json_loads(r.output, 0, NULL);
		format = json_string_value(json_object_get(json, "format"));
		media = json_string_value(json_object_get(json, "media"));
		needs = format != NULL && media != NULL &&
			strcmp(format, "hybrid") == 0 &&
			strcmp(media, "disk") == 0;
		json_decref(json);
	}
	run_free(&r);
	free(certificates);
	return needs;
}

void
media_eject(unsigned slot, struct media_end *end)
{
	int64_t until = clock_ms() + ASK_MS;
	struct text text;
	bool is_forced;
	struct run r;

	do {
		is_forced = clock_ms() >= until;
		begin(&r, "eject", slot, &text);
		if (is_forced)
			run_add(&r, "--force");
		run_and_take(&r, end);
		if (end->status != EX_TEMPFAIL)
			return;
		clock_sleep_ms(ASK_PAUSE_MS);
		/* If one eject takes longer than all the time for asking, one
		 * by force still follows. */
	} while (!is_forced || clock_ms() <= until + ASK_MS);
}
