/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "redfish/answer.h"
#include "redfish/ask.h"
#include "redfish/handlers.h"
#include "redfish/host.h"
#include "redfish/input.h"
#include "redfish/message.h"

#define ACTION	     "ComputerSystem.Reset"
#define POINTER_SIZE 128 /* bytes of a JSON pointer */

/* A word of Redfish, and vm-host's word for it. */
struct word {
	const char *redfish, *host;
};

static const struct word resets[] = {
    {"On", "on"},
    {"ForceOn", "on"},
    {"ForceOff", "off"},
    {"GracefulShutdown", "shutdown"},
    {"GracefulRestart", "restart"},
    {"ForceRestart", "reset"},
    {"PowerCycle", "cycle"},
    {"Nmi", "nmi"},
    {NULL, NULL},
};

static const struct word targets[] = {
    {"None", "none"},
    {"Cd", "cd"},
    {"Usb", "usb"},
    {"Pxe", "pxe"},
    {"UefiHttp", "http"},
    {"Hdd", "hdd"},
    {"BiosSetup", "bios"},
    {NULL, NULL},
};

static const struct word times[] = {
    {"Disabled", "disabled"},
    {"Once", "once"},
    {"Continuous", "continuous"},
    {NULL, NULL},
};

static const struct word modes[] = {
    {"UEFI", "uefi"},
    {"Legacy", "legacy"},
    {NULL, NULL},
};

#define URI "HttpBootUri"

/* What a PATCH of Boot can change; the last one only if vm-host can. */
static const char *const writable[] = {"BootSourceOverrideTarget",
    "BootSourceOverrideEnabled", "BootSourceOverrideMode", URI, NULL};

/* The word of Redfish for one of vm-host; NULL if there is none. */
static const char *
to_redfish(const struct word *words, const char *host)
{
	for (; words->host != NULL; words++)
		if (host != NULL && strcmp(words->host, host) == 0)
			return words->redfish;
	return NULL;
}

static const char *
to_host(const struct word *words, const char *redfish)
{
	for (; words->redfish != NULL; words++)
		if (redfish != NULL && strcmp(words->redfish, redfish) == 0)
			return words->host;
	return NULL;
}

/* --- reading -------------------------------------------------------------- */

bool
host_read(struct redfish *r, struct host *host)
{
	struct door_message request, answer;
	const char *text;
	enum ask_result result;

	*host = (struct host){.json = NULL};
	ask_begin(r, &request, "host");
	result = ask_send(r, &request, &answer);
	if (result == ASK_OK) {
		text = door_string(&answer, "json");
		host->json = text != NULL ? json_loads(text, 0, NULL) : NULL;
	} else if (result != ASK_FAILED && result != ASK_UNAVAILABLE &&
		   result != ASK_BUSY) {
		ask_refuse(r, result, &answer);
	}
	/* If vm-host cannot tell, the system is there, but nothing is
	 * known about it. */
	if (host->json == NULL)
		host->json = json_object();
	door_message_free(&answer);
	if (r->status == 0 && host->json != NULL)
		return true;
	host_free(host);
	return false;
}

void
host_free(struct host *host)
{
	json_decref(host->json);
	host->json = NULL;
}

/* Does vm-host offer that word in one of its lists? */
static bool
offers(const struct host *host, const char *list, const char *word)
{
	const json_t *array = json_object_get(host->json, list), *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		if (json_is_string(item) &&
		    strcmp(json_string_value(item), word) == 0)
			return true;
	}
	return false;
}

/* "X@Redfish.AllowableValues": the words that vm-host offers. */
static void
put_allowable(struct redfish *r, const struct host *host, const char *name,
    const struct word *words, const char *list)
{
	json_begin_array(&r->body, name);
	for (; words->host != NULL; words++)
		if (offers(host, list, words->host))
			json_put_string(&r->body, NULL, words->redfish);
	json_end_array(&r->body);
}

static const char *
boot_string(const struct host *host, const char *name)
{
	const json_t *boot = json_object_get(host->json, "boot");

	return json_string_value(json_object_get(boot, name));
}

/* The URL that UefiHttp boots, "" if DHCP says it; NULL if
 * vm-host cannot set it. */
static const char *
boot_uri(const struct host *host)
{
	const json_t *boot = json_object_get(host->json, "boot");
	const json_t *uri = json_object_get(boot, "uri");

	return json_is_null(uri) ? "" : json_string_value(uri);
}

static void
put_boot_value(struct redfish *r, const char *name, const char *value)
{
	json_put_string(&r->body, name, value);
	etag_add(r, value != NULL ? value : "");
}

static void
put_boot(struct redfish *r, const struct host *host)
{
	const char *target = to_redfish(targets, boot_string(host, "target"));
	const char *enabled = to_redfish(times, boot_string(host, "enabled"));
	const char *mode = to_redfish(modes, boot_string(host, "mode"));
	const char *uri = boot_uri(host);
	struct json_text *t = &r->body;
	size_t i;

	json_begin_object(t, "Boot");
	put_boot_value(r, "BootSourceOverrideEnabled",
	    enabled != NULL ? enabled : "Disabled");
	put_boot_value(
	    r, "BootSourceOverrideTarget", target != NULL ? target : "None");
	put_allowable(r, host,
	    "BootSourceOverrideTarget@Redfish.AllowableValues", targets,
	    "targets");
	json_begin_array(
	    t, "BootSourceOverrideEnabled@Redfish.AllowableValues");
	for (i = 0; times[i].redfish != NULL; i++)
		json_put_string(t, NULL, times[i].redfish);
	json_end_array(t);
	put_boot_value(r, "BootSourceOverrideMode", mode);
	put_allowable(r, host, "BootSourceOverrideMode@Redfish.AllowableValues",
	    modes, "modes");
	if (uri != NULL)
		put_boot_value(r, URI, uri[0] != '\0' ? uri : NULL);
	json_begin_array(t, "@Redfish.WriteableProperties");
	for (i = 0; writable[i] != NULL; i++)
		if (strcmp(writable[i], URI) != 0 || uri != NULL)
			json_put_string(t, NULL, writable[i]);
	json_end_array(t);
	json_end_object(t);
}

void
host_put(struct redfish *r, const struct host *host)
{
	const char *power =
	    json_string_value(json_object_get(host->json, "power"));
	struct json_text *t = &r->body;

	json_put_string(t, "PowerState",
	    power == NULL	       ? NULL
	    : strcmp(power, "on") == 0 ? "On"
				       : "Off");
	put_boot(r, host);
	json_begin_object(t, "Actions");
	json_begin_object(t, "#" ACTION);
	json_put_string(
	    t, "target", "/redfish/v1/Systems/system/Actions/" ACTION);
	put_allowable(
	    r, host, "ResetType@Redfish.AllowableValues", resets, "actions");
	json_end_object(t);
	json_end_object(t);
}

/* --- changing ------------------------------------------------------------- */

/* Tell how vm-host ended. */
static void
tell_end(struct redfish *r, struct door_message *request)
{
	struct door_message answer;
	enum ask_result result = ask_send(r, request, &answer);
	const char *words = door_string(&answer, "message");

	if (result == ASK_OK)
		r->status = 204;
	else if (result == ASK_UNAVAILABLE)
		redfish_say(r, 400, MSG_ACTION_NOT_SUPPORTED, NULL, words,
		    "power or boot order");
	else
		ask_refuse(r, result, &answer);
	door_message_free(&answer);
}

static const struct input_field reset_fields[] = {
    {.name = "ResetType", .type = INPUT_STRING, .is_required = true},
    {.name = NULL},
};

void
post_reset(struct redfish *r)
{
	const char *type = input_string(r->input, "ResetType"), *action;
	struct door_message request;
	struct host host;
	bool is_offered;

	if (!redfish_check_input(r, r->input, "", reset_fields, ACTION))
		return;
	action = to_host(resets, type);
	if (!host_read(r, &host))
		return;
	is_offered = action != NULL && offers(&host, "actions", action);
	host_free(&host);
	if (!is_offered) {
		redfish_say(r, 400, MSG_ACTION_PARAMETER_VALUE_NOT_IN_LIST,
		    "/ResetType",
		    "Send a ResetType that the System offers; `host` in "
		    "vmedia.conf names what can do it.",
		    type, "ResetType", ACTION);
		return;
	}
	ask_begin(r, &request, "power");
	door_add_string(&request, "action", action);
	tell_end(r, &request);
}

/* Take one member of Boot. Returns vm-host's word for it; NULL to keep what
 * there is. *is_right becomes false if vm-host does not offer the value. */
static const char *
take_boot(struct redfish *r, const json_t *boot, const char *name,
    const struct word *words, const struct host *host, const char *list,
    bool *is_right)
{
	const json_t *value = json_object_get(boot, name);
	const char *text = json_string_value(value);
	const char *word = to_host(words, text);
	char pointer[64];

	/* gofish sends back the null that a GET has if no mode is known. */
	if (value == NULL || (words == modes && json_is_null(value)))
		return NULL;
	if (word != NULL && (list == NULL || offers(host, list, word) ||
				strcmp(word, "none") == 0))
		return word;
	*is_right = false;
	snprintf(pointer, sizeof(pointer), "/Boot/%s", name);
	redfish_say(r, 400,
	    text != NULL ? MSG_PROPERTY_VALUE_NOT_IN_LIST
			 : MSG_PROPERTY_VALUE_TYPE,
	    pointer, "Send one of the AllowableValues of the System.",
	    text != NULL ? text : "(not a string)", name);
	return NULL;
}

/* The URL that UefiHttp is to boot, "" for what DHCP says; NULL to keep what
 * there is. Clients send back what a GET has. */
static const char *
take_uri(struct redfish *r, const json_t *boot, const struct host *host,
    const char *target, bool *is_right)
{
	const json_t *value = json_object_get(boot, URI);
	const char *uri = json_is_null(value) ? "" : json_string_value(value);
	const char *old = boot_uri(host);

	if (value == NULL || (json_is_null(value) && old == NULL) ||
	    (uri != NULL && old != NULL && strcmp(uri, old) == 0))
		return NULL;
	*is_right = false;
	if (old == NULL)
		redfish_refuse_property(r, "/Boot/" URI, URI);
	else if (uri == NULL)
		redfish_say(r, 400, MSG_PROPERTY_VALUE_TYPE, "/Boot/" URI, NULL,
		    "(not a string)", URI);
	else if (strcmp(target, "http") != 0)
		redfish_say(r, 400, MSG_PROPERTY_VALUE_ERROR, "/Boot/" URI,
		    "Send it with the BootSourceOverrideTarget UefiHttp.", URI);
	else if (uri[0] != '\0' && strncmp(uri, "http://", 7) != 0 &&
		 strncmp(uri, "https://", 8) != 0)
		redfish_say(r, 400, MSG_PROPERTY_VALUE_FORMAT, "/Boot/" URI,
		    "Send a URL that begins with http:// or https://.", uri,
		    URI);
	else
		*is_right = true;
	return uri;
}

/* Check the names of the members of Boot. */
static bool
check_names(struct redfish *r, const json_t *boot)
{
	char pointer[POINTER_SIZE];
	const char *name;
	json_t *value;
	bool is_right = true;
	size_t i, count = 0;

	json_object_foreach((json_t *)boot, name, value)
	{
		for (i = 0; writable[i] != NULL; i++)
			if (strcmp(writable[i], name) == 0)
				break;
		/* gofish sends all of Boot back, also its annotations. */
		if (writable[i] != NULL)
			count++;
		else if (strchr(name, '@') == NULL) {
			is_right = false;
			snprintf(pointer, sizeof(pointer), "/Boot/%s", name);
			redfish_refuse_property(r, pointer, name);
		}
	}
	if (is_right && count == 0)
		redfish_say(r, 400, MSG_NO_OPERATION, "/Boot", NULL);
	return is_right && count > 0;
}

static void
patch_boot(struct redfish *r, const json_t *boot, const struct host *host)
{
	struct door_message request;
	const char *target, *enabled, *mode, *uri;
	bool is_right = true;

	target = take_boot(r, boot, "BootSourceOverrideTarget", targets, host,
	    "targets", &is_right);
	enabled = take_boot(
	    r, boot, "BootSourceOverrideEnabled", times, host, NULL, &is_right);
	mode = take_boot(
	    r, boot, "BootSourceOverrideMode", modes, host, "modes", &is_right);
	if (!is_right)
		return;
	/* A client may send only what it wants to change. */
	if (target == NULL)
		target = boot_string(host, "target");
	if (enabled == NULL)
		enabled = boot_string(host, "enabled");
	if (target == NULL)
		target = "none";
	if (enabled == NULL ||
	    (strcmp(enabled, "disabled") == 0 && strcmp(target, "none") != 0 &&
		json_object_get(boot, "BootSourceOverrideEnabled") == NULL))
		enabled = "once";
	uri = take_uri(r, boot, host, target, &is_right);
	if (!is_right)
		return;
	ask_begin(r, &request, "boot");
	door_add_string(&request, "target", target);
	door_add_string(&request, "once", enabled);
	door_add_string(&request, "mode", mode);
	door_add_string(&request, "uri", uri);
	tell_end(r, &request);
}

void
patch_system(struct redfish *r)
{
	const json_t *boot = json_object_get(r->input, "Boot");
	char pointer[POINTER_SIZE];
	const char *name;
	struct host host;
	json_t *value;

	json_object_foreach(r->input, name, value)
	{
		if (strcmp(name, "Boot") == 0 || strchr(name, '@') != NULL)
			continue;
		snprintf(pointer, sizeof(pointer), "/%s", name);
		redfish_refuse_property(r, pointer, name);
	}
	if (r->status == 0 && boot == NULL)
		redfish_say(r, 400, MSG_NO_OPERATION, NULL,
		    "Send Boot with a BootSourceOverrideTarget.");
	else if (r->status == 0 && !json_is_object(boot))
		redfish_say(r, 400, MSG_PROPERTY_VALUE_TYPE, "/Boot", NULL,
		    "(not an object)", "Boot");
	if (r->status != 0 || !check_names(r, boot) || !host_read(r, &host))
		return;
	patch_boot(r, boot, &host);
	host_free(&host);
}
