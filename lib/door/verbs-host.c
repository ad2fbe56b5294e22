/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The verbs of the host's power and boot order, which run vm-host(8); and the
 * verb by which vm-ws-proxy asks who may serve an image.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "door/call.h"
#include "door/run.h"
#include "door/verbs.h"

static bool
is_one_of(const char *value, const char *const *words)
{
	for (; value != NULL && *words != NULL; words++)
		if (strcmp(*words, value) == 0)
			return true;
	return false;
}

/* Run vm-host, and tell how it ended. */
static void
run_host(struct door_call *c, struct run *r, bool shows)
{
	int status = run_program(r);
	char text[16];

	if (status == 0) {
		door_result(c, "ok");
		if (shows)
			door_add_string(&c->answer, "json", r->output);
	} else if (status == 127 || status == -1) {
		door_refuse(c, "unavailable", "vm-host is not installed");
	} else {
		snprintf(text, sizeof(text), "%d", status);
		door_add_string(&c->answer, "exit", text);
		door_refuse(c,
		    status == EX_TEMPFAIL      ? "busy"
		    : status == EX_UNAVAILABLE ? "unavailable"
					       : "failed",
		    "%s", run_reason(r));
	}
	run_free(r);
}

void
door_host(struct door_call *c)
{
	struct run r = {.count = 0};

	run_add(&r, "vm-host");
	run_add(&r, "status");
	run_add(&r, "-j");
	run_host(c, &r, true);
}

void
door_power(struct door_call *c)
{
	static const char *const actions[] = {
	    "on", "off", "shutdown", "restart", "reset", "cycle", "nmi", NULL};
	const char *action = door_field(c, "action");
	struct run r = {.count = 0};

	if (!is_one_of(action, actions)) {
		door_invalid(c, "action", "there is no such action");
		return;
	}
	door_log(c, "host: %s", action);
	run_add(&r, "vm-host");
	run_add(&r, action);
	run_host(c, &r, false);
}

void
door_boot(struct door_call *c)
{
	static const char *const targets[] = {
	    "cd", "usb", "pxe", "http", "hdd", "bios", "none", NULL};
	static const char *const times[] = {
	    "once", "continuous", "disabled", NULL};
	static const char *const modes[] = {"uefi", "legacy", NULL};
	const char *target = door_field(c, "target");
	const char *once = door_field(c, "once");
	const char *mode = door_field(c, "mode");
	const char *uri = door_string(c->request, "uri"); /* may be "" */
	struct run r = {.count = 0};

	if (!is_one_of(target, targets)) {
		door_invalid(c, "target", "there is no such target");
		return;
	}
	if (!is_one_of(once, times)) {
		door_invalid(
		    c, "once", "it must be once, continuous or disabled");
		return;
	}
	if (mode != NULL && !is_one_of(mode, modes)) {
		door_invalid(c, "mode", "it must be uefi or legacy");
		return;
	}
	if (uri != NULL && strcmp(target, "http") != 0) {
		door_invalid(c, "uri", "it is for the target http");
		return;
	}
	if (strcmp(once, "disabled") == 0)
		target = "none";
	door_log(c, "host: boot %s, %s", target, once);
	run_add(&r, "vm-host");
	run_add(&r, "boot");
	run_add(&r, target);
	if (strcmp(target, "none") != 0)
		run_add(&r, strcmp(once, "once") == 0 ? "--once" : "--always");
	if (mode != NULL) {
		run_add(&r, "-m");
		run_add(&r, mode);
	}
	if (uri != NULL && strcmp(target, "none") != 0) {
		run_add(&r, "--uri");
		run_add(&r, uri);
	}
	run_host(c, &r, false);
}

void
door_check(struct door_call *c)
{
	door_result(c, "ok");
}
