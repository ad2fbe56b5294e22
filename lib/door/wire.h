/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What passes between vm-door and its clients: one request and one answer for
 * each connection to its Unix socket. Both are a netstring that holds fields, and
 * a field is two netstrings, its name and its value; a name may be there once.
 *
 * This folder is for vm-door, a small service that runs as root for programs
 * that face the network and do not. It authenticates the client's client by
 * itself, from the password or token that the request carries, and does what that
 * one may. wire.h, request.h and client.h are all that the other side needs.
 */
#ifndef VM_DOOR_WIRE_H
#define VM_DOOR_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#define DOOR_MESSAGE_MAX (256 * 1024) /* bytes, of one request or answer */
#define DOOR_FIELDS_MAX	 48

struct door_field {
	const char *name;
	char *value; /* with a NUL behind it, and perhaps more of them in it */
	size_t size; /* bytes without that NUL */
};

/* A message that was read, or that is being made. All zeros: an empty one. */
struct door_message {
	char *bytes;
	size_t len, room;
	int error; /* ENOMEM or EMSGSIZE: a field had no room */
	struct door_field fields[DOOR_FIELDS_MAX];
	unsigned count;
};

/* Add a field; a text with its length, or a whole string (nothing if it is NULL). */
void door_add(
    struct door_message *, const char *name, const void *value, size_t size);
void door_add_string(
    struct door_message *, const char *name, const char *value);

/*
 * Write the message to a socket until a moment of clock_ms(). Returns 0, or -1
 * with errno: ENOMEM, EMSGSIZE, ETIMEDOUT, or as of send(2).
 */
int door_send(int fd, struct door_message *, long long deadline);

/*
 * Read a message. Returns 0; or -1 with errno: EPROTO (it is no message), ENODATA
 * (the peer has gone before its end), ETIMEDOUT, ENOMEM, or as of recv(2).
 */
int door_receive(int fd, struct door_message *, long long deadline);

/*
 * Read what there is of a message, for a loop of poll(2) that goes on reading
 * later: all zeros at first. Returns 1 when all of it is there, and door_parse()
 * can take its fields; 0 when more must come; -1 with errno as door_receive().
 */
int door_take(int fd, struct door_message *);

/*
 * Take the fields of a message's bytes, which change. Returns whether they are
 * fields: names of small letters and `-`, each once.
 */
bool door_parse(struct door_message *);

/* The value of that field as a string: NULL without it, or if a NUL is in it. */
const char *door_string(const struct door_message *, const char *name);

/* Erase the message, which may hold secrets, and free it. */
void door_message_free(struct door_message *);

#endif
