/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a client has set for a slot, and vmctl does not know: files of one value
 * in the slot's directory below vm-door's own, which only root can read. They are
 * there until the image is ejected.
 */
#ifndef VM_DOOR_SLOT_SETTINGS_H
#define VM_DOOR_SLOT_SETTINGS_H

#include "door/call.h"

/* The names of the files. */
#define SETTING_IMAGE	 "image" /* as the client sent it */
#define SETTING_NEXT	 "next"	 /* an image to insert later */
#define SETTING_URL	 "url"	 /* what vmctl made of that */
#define SETTING_USER	 "user"	 /* for the image's server */
#define SETTING_PASSWORD "password"
#define SETTING_SERVER	 "server" /* for which a mount has used user, password */
#define SETTING_PROTOCOL "protocol" /* TransferProtocolType */
#define SETTING_VERIFY	 "verify"   /* yes or no */
#define SETTING_POLICY	 "policy"   /* Persistent OnPowerOff Timed */
#define SETTING_EXPIRES	 "expires"  /* seconds */

#define SETTING_MAX 4096 /* bytes of a value */

/* The number of the slot that the request names; -1, and the refusal is in the
 * answer. Its directory is there then. */
int slot_of_call(struct door_call *c);

/* Read a value, which free(3) frees; NULL if there is none. */
char *setting_get(const struct door_call *c, unsigned slot, const char *name);

/* Write one, or remove it (NULL). Returns 0, or -1 with errno. */
int setting_put(const struct door_call *c, unsigned slot, const char *name,
    const char *value);

/* Remove all of them, but not the certificates. */
void settings_clear(const struct door_call *c, unsigned slot);

/* The URL that vmctl has for the slot's image, for secret_free(); NULL: none. */
char *slot_url(const struct door_call *c, unsigned slot);

/* If the image that a client has mounted is not there any more, because vmctl or
 * its own expiry has ejected it, remove what was set for it, too. */
void settings_forget_ejected(const struct door_call *c, unsigned slot);

/*
 * Before a mount of that URL: user and password that an earlier mount has used
 * stay for the same server only, so that no other server ever sees them. Returns
 * 0, or -1 with errno.
 */
int settings_keep_login(
    const struct door_call *c, unsigned slot, const char *url);

/*
 * One change of a slot at a time: wait for others until a moment of clock_ms().
 * Returns a descriptor whose closing lets the next one go on; or -1 with errno
 * (ETIMEDOUT).
 */
int slot_lock(const struct door_call *c, unsigned slot, int64_t deadline);

/* Is a change under way? */
bool slot_is_changing(const struct door_call *c, unsigned slot);

/* The certificates that a slot trusts: files N.pem in certificates/ of its
 * directory. All in one text, for free(3); NULL if there are none. */
char *slot_certificates(const struct door_call *c, unsigned slot);

#endif
