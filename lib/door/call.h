/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the parts of vm-door share: one call, which is a request and its answer.
 */
#ifndef VM_DOOR_CALL_H
#define VM_DOOR_CALL_H

#include <stdbool.h>

#include "base/json-text.h"
#include "door/accounts.h"
#include "door/guard.h"
#include "door/sessions.h"
#include "door/wire.h"
#include "image/media.h"

#define DOOR_SLOTS 8
#define DOOR_FDS   2

/* What the command line says. */
struct door_settings {
	const char *accounts;  /* the file of accounts */
	const char *state_dir; /* ours: sessions/, slots/, hash.lock */
	const char *run_dir;   /* /run/vmedia */
	unsigned slots;
	enum image_media drives[DOOR_SLOTS]; /* the type of each slot's */
	bool verifies;	    /* certificates of servers, unless told */
	bool retypes;	    /* a hybrid too large for a CD becomes a disk */
	unsigned timeout_s; /* for a mount */
	const char *store;  /* of images; NULL: there is none */
	unsigned keep_s;    /* an upload that nobody goes on with is kept */
	unsigned rules[ACCOUNT_RULES]; /* where the file has none */
};

/* The privileges of a role, by DSP0266's registry. */
enum door_privilege {
	DOOR_ANYBODY = 0, /* without authentication */
	DOOR_LOGIN = 1,
	DOOR_CONFIGURE_MANAGER = 2,
	DOOR_CONFIGURE_USERS = 4,
	DOOR_CONFIGURE_COMPONENTS = 8,
};

struct door_call {
	const struct door_settings *settings;
	struct guard *guard;
	const struct door_message *request;
	struct door_message answer;
	const char *peer; /* the client's address, for the log and the guard */
	bool may_wait;	  /* we are a process of our own for this call */
	bool is_ok;	  /* the result is "ok" */
	bool is_upload;	  /* vm-upload asks, which needs image-* only */
	int fds
	    [DOOR_FDS]; /* to pass behind the answer, and to close; else -1 */
	/* What goes on, in a process of its own, when the answer was sent. */
	void (*after)(struct door_call *);
	struct accounts accounts;
	/* Who it is, once that is known. */
	struct account *account;
	struct session session; /* id "": it came with a password */
};

/* Say how it went: `result` is a word of door/wire.h's list. */
void door_result(struct door_call *c, const char *result);

/* The same, with words for people, printf(3)-wise. */
void door_refuse(struct door_call *c, const char *result, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* The field was not right: "invalid", with its name and words for people. */
void door_invalid(struct door_call *c, const char *field, const char *words);

/* A field of the request; NULL without it. `empty` counts as none. */
const char *door_field(const struct door_call *c, const char *name);

/* A line of the log: who, from where, and what. */
void door_log(const struct door_call *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Has the client all of these privileges? */
bool door_may(const struct door_call *c, unsigned privileges);

#endif
