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
#include "base/secret.h"
#include "base/url.h"
#include "door/certificates.h"
#include "door/media-run.h"
#include "door/media-take.h"
#include "door/slot-settings.h"
#include "door/verbs.h"
#include "slot/state.h"

#define RETRY_S 5

/* --- reading -------------------------------------------------------------- */

/* The image of the slot, which the caller frees: as a client has sent it, or as
 * vmctl has it if somebody else has mounted it. */
static char *
image_of(const struct door_call *c, unsigned slot)
{
	char *now = slot_url(c, slot);
	char *url = setting_get(c, slot, SETTING_URL);
	char *image = setting_get(c, slot, SETTING_IMAGE);
	bool is_ours = now != NULL && url != NULL && image != NULL &&
		       strcmp(now, url) == 0;

	secret_free(url);
	secret_free(is_ours ? now : image);
	return is_ours ? image : now;
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

/* Add an image, and free it. Only a client that may mount sees all of it. */
static void
add_image(struct door_call *c, const char *field, char *image)
{
	char *shown = NULL;

	if (image != NULL && !door_may(c, DOOR_CONFIGURE_MANAGER))
		shown = url_for_show(image);
	else if (image != NULL)
		shown = strdup(image);
	door_add_string(&c->answer, field, shown);
	secret_free(image);
	secret_free(shown);
}

void
door_media(struct door_call *c)
{
	int slot = slot_of_call(c);

	if (slot == -1)
		return;
	door_result(c, "ok");
	add_image(c, "image", image_of(c, (unsigned)slot));
	add_image(
	    c, "next-image", setting_get(c, (unsigned)slot, SETTING_NEXT));
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
}

/* --- setting -------------------------------------------------------------- */

/* Store an image that is to be inserted later. Returns false if the refusal
 * is in the answer. */
static bool
take_next_image(struct door_call *c, unsigned slot)
{
	char *now, *url;

	if (door_field(c, "next-image") == NULL)
		return true;
	url = media_take_image(c, "next-image");
	if (url == NULL)
		return false;
	secret_free(url);
	now = slot_url(c, slot);
	if (now != NULL) {
		secret_free(now);
		door_add_string(&c->answer, "cause", "busy");
		door_refuse(c, "failed", "slot %u has an image", slot);
		return false;
	}
	if (setting_put(c, slot, SETTING_NEXT, door_field(c, "next-image")) ==
	    0)
		return true;
	door_refuse(c, "unavailable", "unable to keep the settings: %s",
	    strerror(errno));
	return false;
}

void
door_media_set(struct door_call *c)
{
	int slot = slot_of_call(c);

	if (slot == -1)
		return;
	if (!slot_is_changing(c, (unsigned)slot))
		settings_forget_ejected(c, (unsigned)slot);
	if (!take_next_image(c, (unsigned)slot) ||
	    !media_take_settings(c, (unsigned)slot))
		return;
	/* A new password is for the next image, on any server. A new user alone
	 * is not: the old password would go with it. */
	if (door_field(c, "image-password") != NULL)
		setting_put(c, (unsigned)slot, SETTING_SERVER, NULL);
	door_result(c, "ok");
}

/* --- changing ------------------------------------------------------------- */

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
	setting_put(c, slot, SETTING_NEXT, NULL);
	secret_free(url);
}

/* The seconds that are left: at least one, because vmctl takes no less. */
static unsigned
seconds_until(int64_t deadline)
{
	int64_t left = deadline - clock_ms();

	return left > 0 ? (unsigned)((left + 999) / 1000) : 1;
}

/* Mount the image; if it is a CD image that is too large for a CD
 * drive, as a disk. */
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

/* Mount, while the caller holds the slot's lock. */
static void
mount_locked(struct door_call *c, struct media_mount *m, int64_t deadline)
{
	char *user = setting_get(c, m->slot, SETTING_USER);
	char *password = setting_get(c, m->slot, SETTING_PASSWORD);
	struct media_end end;

	m->user = user;
	m->password = password;
	mount_as_fits(c, m, deadline, &end);
	/* Another image is in the slot. */
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

/* Set the slot's settings to those of this mount. Returns false if the refusal
 * is in the answer. */
static bool
prepare_settings(struct door_call *c, const struct media_mount *m)
{
	settings_forget_ejected(c, m->slot);
	if (settings_keep_login(c, m->slot, m->url) == 0)
		return media_take_settings(c, m->slot);
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
	url = media_take_image(c, "image");
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
	if (!media_check_settings(c))
		return;
	url = media_take_image(c, "image");
	if (url == NULL)
		return;
	m = (struct media_mount){.slot = (unsigned)slot,
	    .url = url,
	    .user = door_field(c, "user-name"),
	    .password = door_field(c, "image-password")};
	lock = lock_or_refuse(c, m.slot, deadline);
	if (lock != -1) {
		media_renew(&m, &end);
		if (end.status == 0) {
			media_take_settings(c, m.slot);
			remember(c, m.slot);
		}
		door_log(c, "slot %u: %s", m.slot,
		    end.status == 0 ? "renewed" : end.message);
		tell_end(c, &end);
		close(lock);
	}
	secret_free(url);
}
