/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Requests to vm-door (door/wire.h) on behalf of the client.
 */
#ifndef VM_REDFISH_ASK_H
#define VM_REDFISH_ASK_H

#include "door/wire.h"
#include "redfish/redfish.h"

/* How vm-door answered; ask.c has vm-door's word for each. */
enum ask_result {
	ASK_OK,
	ASK_UNAUTHENTICATED,
	ASK_FORBIDDEN,
	ASK_PASSWORD_CHANGE, /* the account must change its password first */
	ASK_LOCKED,	     /* the account, by too many wrong passwords */
	ASK_SLOW,	     /* too many wrong passwords: "retry" seconds */
	ASK_INVALID,	     /* a field: "field", "message" */
	ASK_NOT_FOUND,
	ASK_EXISTS,
	ASK_LIMIT,
	ASK_BUSY,	 /* another change is under way: "retry" */
	ASK_FAILED,	 /* "cause", "exit", "message" */
	ASK_TIMEOUT,	 /* given up, and nothing was left behind: "retry" */
	ASK_UNAVAILABLE, /* what it needs is not on this machine: "message" */
	ASK_NO_DOOR	 /* vm-door itself does not answer */
};

/*
 * Begin a request: add the verb, the client's credentials and its address. The
 * caller adds the verb's fields by door_add_string().
 */
void ask_begin(
    struct redfish *, struct door_message *request, const char *verb);

/*
 * Send the request, free it, and receive the answer, which the caller frees by
 * door_message_free() whatever this returns.
 */
enum ask_result ask_send(struct redfish *, struct door_message *request,
    struct door_message *answer);

/*
 * Refuse the client's request with the HTTP status and message that usually fit
 * a result. A function that can say more about a result does so itself, and
 * does not call this.
 */
void ask_refuse(
    struct redfish *, enum ask_result, const struct door_message *answer);

/* Send, and refuse unless the result is ASK_OK. Returns whether it is. */
bool ask_do(struct redfish *, struct door_message *request,
    struct door_message *answer);

/* A field of a verb, and the property that it stands for; NULLs end
 * a list of them. */
struct ask_name {
	const char *field, *property;
};

/*
 * Ask vm-door for a change, and free the request. If vm-door finds a field
 * invalid, the message names its property. The caller adds a message for
 * ASK_EXISTS and ASK_LIMIT; this function adds one for all other results except
 * ASK_OK.
 */
enum ask_result ask_change(struct redfish *, struct door_message *request,
    const struct ask_name *names);

/* A number of the answer; `otherwise` if the answer does not have it. */
int ask_number(
    const struct door_message *answer, const char *name, int otherwise);

#endif
