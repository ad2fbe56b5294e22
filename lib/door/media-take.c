/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/control.h"
#include "base/number.h"
#include "base/stored.h"
#include "base/url-typed.h"
#include "base/url.h"
#include "door/media-take.h"
#include "door/slot-settings.h"

#define CREDENTIAL_MAX 512 /* bytes */

static bool
is_one_of(const char *value, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, value) == 0)
			return true;
	return false;
}

/* Is the value valid for the setting? */
static bool
is_right(const char *setting, const char *value)
{
	static const char *const flags[] = {"yes", "no", NULL};
	static const char *const policies[] = {
	    "Persistent", "OnPowerOff", "Timed", NULL};
	static const char *const protocols[] = {
	    "HTTP", "HTTPS", "NFS", "CIFS", "OEM", NULL};
	uint64_t seconds;

	if (strcmp(setting, SETTING_VERIFY) == 0)
		return is_one_of(value, flags);
	if (strcmp(setting, SETTING_POLICY) == 0)
		return is_one_of(value, policies);
	if (strcmp(setting, SETTING_PROTOCOL) == 0)
		return is_one_of(value, protocols);
	if (strcmp(setting, SETTING_EXPIRES) == 0)
		return number_parse(value, 1, 365 * 86400, &seconds) == 0;
	return strlen(value) < CREDENTIAL_MAX && !has_control(value);
}

static const struct {
	const char *field, *setting;
} settable[] = {
    {"verify", SETTING_VERIFY},
    {"policy", SETTING_POLICY},
    {"expires", SETTING_EXPIRES},
    {"user-name", SETTING_USER},
    /* The field `password` is the client's own, from HTTP's Basic. */
    {"image-password", SETTING_PASSWORD},
    {"transfer-protocol", SETTING_PROTOCOL},
};

bool
media_check_settings(struct door_call *c)
{
	const char *value, *field;
	size_t i;

	for (i = 0; i < sizeof(settable) / sizeof(settable[0]); i++) {
		field = settable[i].field;
		value = door_string(c->request, field);
		if (value != NULL && *value != '\0' &&
		    !is_right(settable[i].setting, value)) {
			door_invalid(c, field, "the value is not allowed");
			return false;
		}
	}
	return true;
}

bool
media_take_settings(struct door_call *c, unsigned slot)
{
	const char *value, *field;
	size_t i;

	if (!media_check_settings(c))
		return false;
	for (i = 0; i < sizeof(settable) / sizeof(settable[0]); i++) {
		field = settable[i].field;
		value = door_string(c->request, field);
		if (value == NULL)
			continue;
		if (setting_put(c, slot, settable[i].setting,
			*value != '\0' ? value : NULL) == 0)
			continue;
		door_refuse(c, "unavailable", "unable to keep the settings: %s",
		    strerror(errno));
		return false;
	}
	return true;
}

char *
media_take_image(struct door_call *c, const char *field)
{
	const char *image = door_field(c, field);
	const char *protocol = door_field(c, "transfer-protocol");
	char typed[SETTING_MAX];
	enum url_kind kind;

	if (image == NULL || has_control(image) ||
	    strlen(image) >= sizeof(typed) - 8) {
		door_invalid(c, field,
		    "it must be one line, without control characters");
		return NULL;
	}
	if (is_stored_image(image))
		return strdup(image);
	/* Without "smb:", vmctl would take //HOST/... for a path if
	 * such a file exists. */
	snprintf(typed, sizeof(typed), "%s%s",
	    protocol != NULL && strcmp(protocol, "CIFS") == 0 &&
		    strncmp(image, "//", 2) == 0
		? "smb:"
		: "",
	    image);
	kind = url_kind(typed);
	if (kind != URL_HTTP && kind != URL_NFS && kind != URL_SMB) {
		door_invalid(c, field,
		    "it must be a URL with http, https, nfs, smb or cifs, or "
		    "image:NAME");
		return NULL;
	}
	return url_from_typed(typed);
}
