/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The verbs of images: what a slot has, and what changes it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/secret.h"
#include "base/url-typed.h"
#include "base/url.h"
#include "door/certificates.h"
#include "door/media-run.h"
#include "door/slot-settings.h"
#include "slot/state.h"

#define RETRY_S	       5
#define CREDENTIAL_MAX 512 /* bytes */

/* --- reading -------------------------------------------------------------- */

/* The image of the slot as a client has sent it, or as vmctl has it where
 * somebody else has mounted it; for free(3). */
static char *
image_of(const struct door_call *c, unsigned slot)
{
	char *now = slot_url(c, slot);
	char *url = setting_get(c, slot, SETTING_URL);
	char *image = setting_get(c, slot, SETTING_IMAGE);
	bool is_ours = now != NULL && url != NULL && image != NULL &&
		       strcmp(now, url) == 0;

	free(url);
	if (is_ours) {
		free(now);
		return image;
	}
	free(image);
	return now;
}

static void
add_setting(struct door_call *c, unsigned slot, const char *setting,
    const char *field, const char *otherwise)
{
	char *value = setting_get(c, slot, setting);

	door_add_string(&c->answer, field, value != NULL ? value : otherwise);
	free(value);
}

static void
add_certificates(struct door_call *c, unsigned slot)
{
	struct json_text t = {0};
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/slots/%u/certificates",
	    c->settings->state_dir, slot);
	certificates_list(dir, &t);
	if (json_text_end(&t))
		door_add(&c->answer, "certificates", t.data, t.len);
	json_text_free(&t);
}

void
door_media(struct door_call *c)
{
	int slot = slot_of_call(c);
	char *image, *shown;

	if (slot == -1)
		return;
	image = image_of(c, (unsigned)slot);
	shown = image == NULL			      ? NULL
		: door_may(c, DOOR_CONFIGURE_MANAGER) ? strdup(image)
						      : url_for_show(image);
	door_result(c, "ok");
	door_add_string(&c->answer, "image", shown);
	add_setting(c, (unsigned)slot, SETTING_USER, "user-name", NULL);
	add_setting(
	    c, (unsigned)slot, SETTING_PROTOCOL, "transfer-protocol", NULL);
	add_setting(c, (unsigned)slot, SETTING_VERIFY, "verify",
	    c->settings->verifies ? "yes" : "no");
	add_setting(c, (unsigned)slot, SETTING_POLICY, "policy", "Persistent");
	add_setting(c, (unsigned)slot, SETTING_EXPIRES, "expires", NULL);
	add_certificates(c, (unsigned)slot);
	if (slot_is_changing(c, (unsigned)slot))
		door_add_string(&c->answer, "busy", "yes");
	secret_free(image);
	free(shown);
}

/* --- setting -------------------------------------------------------------- */

static bool
is_one_of(const char *value, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, value) == 0)
			return true;
	return false;
}

/* One line, of which a terminal shows all. */
static bool
is_line(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < ' ' || *value == 127)
			return false;
	return true;
}

/* Is the value of a setting right? */
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
	return strlen(value) < CREDENTIAL_MAX && is_line(value);
}

static const struct {
	const char *field, *setting;
} settable[] = {
    {"verify", SETTING_VERIFY},
    {"policy", SETTING_POLICY},
    {"expires", SETTING_EXPIRES},
    {"user-name", SETTING_USER},
    /* `password` is that of a client that came with Basic. */
    {"image-password", SETTING_PASSWORD},
    {"transfer-protocol", SETTING_PROTOCOL},
};

/* Keep what the request has for the slot; an empty value removes it. Returns
 * false where the refusal is in the answer. */
static bool
take_settings(struct door_call *c, unsigned slot)
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

void
door_media_set(struct door_call *c)
{
	int slot = slot_of_call(c);

	if (slot == -1)
		return;
	if (!slot_is_changing(c, (unsigned)slot))
		settings_forget_ejected(c, (unsigned)slot);
	if (!take_settings(c, (unsigned)slot))
		return;
	/* A new login is for whatever image comes next. A new user alone is not:
	 * the old password would go with it. */
	if (door_field(c, "image-password") != NULL)
		setting_put(c, (unsigned)slot, SETTING_SERVER, NULL);
	door_result(c, "ok");
}

/* --- changing ------------------------------------------------------------- */

/* The URL of an image: no file of this machine, whatever a client sends. For
 * secret_free(); NULL, and the refusal is in the answer. */
static char *
take_image(struct door_call *c)
{
	const char *image = door_field(c, "image");
	const char *protocol = door_field(c, "transfer-protocol");
	char typed[SETTING_MAX];
	enum url_kind kind;

	if (image == NULL || !is_line(image) ||
	    strlen(image) >= sizeof(typed) - 8) {
		door_invalid(c, "image",
		    "it must be one line, without control characters");
		return NULL;
	}
	/* vmctl takes this for a path where there is such a file. */
	snprintf(typed, sizeof(typed), "%s%s",
	    protocol != NULL && strcmp(protocol, "CIFS") == 0 &&
		    strncmp(image, "//", 2) == 0
		? "smb:"
		: "",
	    image);
	kind = url_kind(typed);
	if (kind != URL_HTTP && kind != URL_NFS && kind != URL_SMB) {
		door_invalid(c, "image",
		    "it must be a URL with http, https, nfs, smb or cifs");
		return NULL;
	}
	return url_from_typed(typed);
}

/* Tell how vmctl ended. */
static void
tell_end(struct door_call *c, const struct media_end *end)
{
	char status[16], retry[16];

	door_add_string(&c->answer, "changed", end->changed ? "yes" : "no");
	if (end->status == 0) {
		door_result(c, "ok");
		return;
	}
	snprintf(status, sizeof(status), "%d", end->status);
	snprintf(retry, sizeof(retry), "%d", RETRY_S);
	door_add_string(&c->answer, "exit", status);
	if (end->cause[0] != '\0')
		door_add_string(&c->answer, "cause", end->cause);
	door_add_string(&c->answer, "retry", retry);
	door_refuse(c,
	    strcmp(end->cause, "timeout") == 0 ? "timeout" : "failed", "%s",
	    end->message);
}

static int
lock_or_refuse(struct door_call *c, unsigned slot, int64_t deadline)
{
	int lock = slot_lock(c, slot, deadline);

	if (lock != -1)
		return lock;
	door_add_string(&c->answer, "retry", "5");
	door_refuse(c, "busy", "another change of slot %u is under way", slot);
	return -1;
}

/* Keep the image as the client has sent it. */
static void
remember(struct door_call *c, unsigned slot)
{
	char *url = slot_url(c, slot);

	setting_put(c, slot, SETTING_URL, url);
	setting_put(c, slot, SETTING_IMAGE, door_field(c, "image"));
	secret_free(url);
}

/* At least one, for vmctl takes no less. */
static unsigned
seconds_until(int64_t deadline)
{
	int64_t left = deadline - clock_ms();

	return left > 0 ? (unsigned)((left + 999) / 1000) : 1;
}

/* Mount, and where a CD image is too large for a CD drive, as a disk. */
static void
mount_as_fits(struct door_call *c, struct media_mount *m, int64_t deadline,
    struct media_end *end)
{
	media_mount(c, m, seconds_until(deadline), end);
	if (end->status != EX_DATAERR ||
	    c->settings->drives[m->slot] == IMAGE_DISK ||
	    !c->settings->retypes || !media_needs_disk(c, m))
		return;
	m->retypes = true;
	media_mount(c, m, seconds_until(deadline), end);
}

static bool
is_yes(const struct door_call *c, const char *name)
{
	const char *value = door_field(c, name);

	return value != NULL && strcmp(value, "yes") == 0;
}

/* Mount under the slot's lock. */
static void
mount_locked(struct door_call *c, struct media_mount *m, int64_t deadline)
{
	char *user = setting_get(c, m->slot, SETTING_USER);
	char *password = setting_get(c, m->slot, SETTING_PASSWORD);
	struct media_end end;

	m->user = user;
	m->password = password;
	mount_as_fits(c, m, deadline, &end);
	/* Another image is in. */
	if (end.status == EX_TEMPFAIL && strcmp(end.cause, "busy") == 0 &&
	    is_yes(c, "replace")) {
		m->retypes = false;
		media_eject(m->slot, &end);
		if (end.status == 0)
			mount_as_fits(c, m, deadline, &end);
	}
	if (end.status == 0) {
		remember(c, m->slot);
		door_log(c, "slot %u: %s", m->slot,
		    end.changed ? "inserted" : "is in already");
	} else {
		door_log(c, "slot %u: not inserted: %s", m->slot, end.message);
	}
	tell_end(c, &end);
	secret_free(user);
	secret_free(password);
}

/* The slot's settings become those of this mount. Returns false where the refusal
 * is in the answer. */
static bool
prepare_settings(struct door_call *c, const struct media_mount *m)
{
	settings_forget_ejected(c, m->slot);
	if (settings_keep_login(c, m->slot, m->url) == 0)
		return take_settings(c, m->slot);
	door_refuse(c, "unavailable", "unable to keep the settings: %s",
	    strerror(errno));
	return false;
}

void
door_mount(struct door_call *c)
{
	int64_t deadline = clock_ms() + 1000 * (int64_t)c->settings->timeout_s;
	const char *is_protected = door_field(c, "write-protected");
	int slot = slot_of_call(c), lock;
	struct media_mount m;
	char *url;

	if (slot == -1)
		return;
	url = take_image(c);
	if (url == NULL)
		return;
	m = (struct media_mount){.slot = (unsigned)slot,
	    .url = url,
	    .is_writable =
		is_protected != NULL && strcmp(is_protected, "no") == 0};
	lock = lock_or_refuse(c, m.slot, deadline);
	if (lock != -1 && prepare_settings(c, &m))
		mount_locked(c, &m, deadline);
	if (lock != -1)
		close(lock);
	secret_free(url);
}

void
door_eject(struct door_call *c)
{
	int64_t deadline = clock_ms() + 1000 * (int64_t)c->settings->timeout_s;
	int slot = slot_of_call(c), lock;
	struct media_end end;

	if (slot == -1)
		return;
	lock = lock_or_refuse(c, (unsigned)slot, deadline);
	if (lock == -1)
		return;
	media_eject((unsigned)slot, &end);
	if (end.status == 0 || end.status == EX_IOERR)
		settings_clear(c, (unsigned)slot);
	door_log(
	    c, "slot %d: %s", slot, end.status == 0 ? "ejected" : end.message);
	tell_end(c, &end);
	close(lock);
}

void
door_renew(struct door_call *c)
{
	int64_t deadline = clock_ms() + 1000 * (int64_t)c->settings->timeout_s;
	int slot = slot_of_call(c), lock;
	struct media_end end;
	struct media_mount m;
	char *url;

	if (slot == -1)
		return;
	url = take_image(c);
	if (url == NULL)
		return;
	m = (struct media_mount){.slot = (unsigned)slot, .url = url};
	lock = lock_or_refuse(c, m.slot, deadline);
	if (lock != -1) {
		media_renew(&m, &end);
		if (end.status == 0)
			remember(c, m.slot);
		door_log(c, "slot %u: %s", m.slot,
		    end.status == 0 ? "renewed" : end.message);
		tell_end(c, &end);
		close(lock);
	}
	secret_free(url);
}
