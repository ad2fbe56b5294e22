/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a client has set for a slot, and vmctl does not know: files with one
 * value each, in the slot's directory below vm-door's own, which only root can
 * read. They exist until the image is ejected.
 */
#ifndef VM_DOOR_SLOT_SETTINGS_H
#define VM_DOOR_SLOT_SETTINGS_H

#include "door/call.h"

/* The names of the files. */
#define SETTING_IMAGE	 "image" /* as the client sent it */
#define SETTING_NEXT	 "next"	 /* an image to insert later */
#define SETTING_URL	 "url"	 /* the image, as vmctl has it */
#define SETTING_USER	 "user"	 /* for the image's server */
#define SETTING_PASSWORD "password"
#define SETTING_SERVER	 "server"   /* to which a mount sent user, password */
#define SETTING_PROTOCOL "protocol" /* TransferProtocolType */
#define SETTING_VERIFY	 "verify"   /* yes or no */
#define SETTING_POLICY	 "policy"   /* Persistent OnPowerOff Timed */
#define SETTING_EXPIRES	 "expires"  /* seconds */

#define SETTING_MAX 4096 /* bytes of a value */

/* The number of the slot that the request names, after making its directory; -1
 * if the refusal is in the answer. */
int slot_of_call(struct door_call *c);

/* Read a value, which the caller frees; NULL if there is none. */
char *setting_get(const struct door_call *c, unsigned slot, const char *name);

/* Write a value, or remove it (NULL). Returns 0, or -1 with errno. */
int setting_put(const struct door_call *c, unsigned slot, const char *name,
    const char *value);

/* Remove all settings, but not the certificates. */
void settings_clear(const struct door_call *c, unsigned slot);

/* The URL that vmctl has for the slot's image; NULL if there is none. The
 * caller calls secret_free(). */
char *slot_url(const struct door_call *c, unsigned slot);

/* If the image that a client mounted is gone, because vmctl or its expiry
 * ejected it, remove the settings of the slot, too. */
void settings_forget_ejected(const struct door_call *c, unsigned slot);

/*
 * The caller calls this before it mounts that URL. It removes a user and
 * password that an earlier mount has sent to another server, so that no other
 * server ever sees them. Returns 0, or -1 with errno.
 */
int settings_keep_login(
    const struct door_call *c, unsigned slot, const char *url);

/*
 * Lock the slot against other changes, and wait for these until a moment of
 * clock_ms(). Returns a descriptor, whose closing unlocks the slot; or -1 with
 * errno (ETIMEDOUT).
 */
int slot_lock(const struct door_call *c, unsigned slot, int64_t deadline);

/* Is the slot being changed? */
bool slot_is_changing(const struct door_call *c, unsigned slot);

/* The certificates that a slot trusts, files N.pem in certificates/ of its
 * directory, as one text that the caller frees; NULL if there are none. */
char *slot_certificates(const struct door_call *c, unsigned slot);

#endif
