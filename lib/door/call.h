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
	enum image_media drives[DOOR_SLOTS]; /* the type of each slot's drive */
	bool verifies;	    /* check servers' certificates by default */
	bool retypes;	    /* a hybrid too large for a CD becomes a disk */
	unsigned timeout_s; /* for a mount */
	const char *store;  /* of images; NULL: there is none */
	unsigned keep_s;    /* seconds that an idle upload is kept */
	unsigned rules[ACCOUNT_RULES]; /* for those that the file lacks */
};

/* The privileges of a role, from DSP0266's registry. */
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
	bool may_wait;	  /* this process is for this call only */
	bool is_ok;	  /* the result is "ok" */
	bool is_upload;	  /* vm-upload asks, which needs image-* only */
	int fds
	    [DOOR_FDS]; /* to pass behind the answer, and to close; else -1 */
	/* Work that continues, in a process of its own, after the
	 * answer was sent. */
	void (*after)(struct door_call *);
	struct accounts accounts;
	/* The client, once it is known. */
	struct account *account;
	struct session session; /* id "": the client sent a password */
};

/* Add the result to the answer: "ok", or another word of the list
 * in redfish/ask.c. */
void door_result(struct door_call *c, const char *result);

/* The same, with words for people: a format of printf(3). */
void door_refuse(struct door_call *c, const char *result, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Refuse a field: "invalid", the name of the field, and words for people. */
void door_invalid(struct door_call *c, const char *field, const char *words);

/* A field of the request; NULL if it is missing or empty. */
const char *door_field(const struct door_call *c, const char *name);

/* Write a line to the log: who the client is, its address,
 * and what happened. */
void door_log(const struct door_call *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Does the client have all of these privileges? */
bool door_may(const struct door_call *c, unsigned privileges);

#endif
