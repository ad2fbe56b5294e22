/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Requests to vm-door (door/wire.h) in the name of the client.
 */
#ifndef VM_REDFISH_ASK_H
#define VM_REDFISH_ASK_H

#include "door/wire.h"
#include "redfish/redfish.h"

/* How vm-door answered; its words in the same order. */
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
	ASK_TIMEOUT,	 /* given up, and nothing stayed behind: "retry" */
	ASK_UNAVAILABLE, /* what it needs is not on this machine: "message" */
	ASK_NO_DOOR	 /* vm-door itself does not answer */
};

/*
 * Begin a request: its verb, what the client has proved itself with, and its
 * address. The caller adds the verb's fields by door_add_string().
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
 * Refuse the client's request with the HTTP status and message that fit a result
 * in general. A function that can say more of its own results does so first.
 */
void ask_refuse(
    struct redfish *, enum ask_result, const struct door_message *answer);

/* Send, and refuse unless the result is ASK_OK. Returns whether it is. */
bool ask_do(struct redfish *, struct door_message *request,
    struct door_message *answer);

/* The property that a field of a verb stands for; a list ends with NULLs. */
struct ask_name {
	const char *field, *property;
};

/*
 * Ask for a change of the client's, and free the request. A field that vm-door
 * finds invalid is told by its property's name. The caller says a message for
 * ASK_EXISTS and ASK_LIMIT; for all others but ASK_OK one has been said.
 */
enum ask_result ask_change(struct redfish *, struct door_message *request,
    const struct ask_name *names);

/* A number of the answer; `otherwise` without it. */
int ask_number(
    const struct door_message *answer, const char *name, int otherwise);

#endif
