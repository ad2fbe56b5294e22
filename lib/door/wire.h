/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The messages between vm-door and its clients: one request and one answer for
 * each connection to its Unix socket. Each message is a netstring that holds
 * fields, and a field is two netstrings, its name and its value. A name may
 * occur once.
 *
 * This folder is for vm-door, a small service that runs as root. Its clients
 * are programs that face the network and do not run as root. vm-door itself
 * authenticates the user of such a program, by the password or token in the
 * request, and does what this user may do. A client needs only wire.h,
 * request.h and client.h.
 */
#ifndef VM_DOOR_WIRE_H
#define VM_DOOR_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#define DOOR_MESSAGE_MAX (256 * 1024) /* bytes, of one request or answer */
#define DOOR_FIELDS_MAX	 48

struct door_field {
	const char *name;
	char *value; /* with a NUL behind it; may itself have NULs */
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

/* Add a field: bytes with their length, or a string (NULL adds nothing). */
void door_add(
    struct door_message *, const char *name, const void *value, size_t size);
void door_add_string(
    struct door_message *, const char *name, const char *value);

/*
 * Write the message to a socket until a moment of clock_ms(). Returns 0, or -1
 * with errno: ENOMEM, EMSGSIZE, ETIMEDOUT, or an error of send(2).
 */
int door_send(int fd, struct door_message *, long long deadline);

/*
 * Read a message. Returns 0; or -1 with errno: EPROTO (it is malformed),
 * ENODATA (the peer has gone before its end), ETIMEDOUT, ENOMEM, or an error of
 * recv(2).
 */
int door_receive(int fd, struct door_message *, long long deadline);

/*
 * Read the part of a message that has arrived, for a loop of poll(2) that
 * continues later. At first the message is all zeros. Returns 1 when it is
 * complete, and door_parse() can take its fields; 0 when more must come; -1
 * with errno as door_receive().
 */
int door_take(int fd, struct door_message *);

/*
 * Parse the bytes of a message into its fields; the bytes change. Returns
 * whether the fields are valid: names of lower-case letters and `-`, each once.
 */
bool door_parse(struct door_message *);

/* The value of that field as a string; NULL if the field is
 * missing or has a NUL. */
const char *door_string(const struct door_message *, const char *name);

/* Erase the message, which may hold secrets, and free it. */
void door_message_free(struct door_message *);

#endif
