/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The socket work/control, at which a vm-slot takes requests (ask.h is the
 * client). Each connection sends one request, as a line, and gets these lines:
 *
 *	step TEXT              what is being done now
 *	state WORD             of the medium, for who watches it
 *	done                   the last line: the request was carried out
 *	failed STATUS CAUSE TEXT
 *	                       the last line: it was not, and why
 *
 * Only root can connect. A client that disconnects does not cancel its request.
 */
#ifndef VM_SLOT_CONTROL_H
#define VM_SLOT_CONTROL_H

#include <poll.h>
#include <stdbool.h>

#include "base/cause.h"

#define CONTROL_CLIENTS 16
#define CONTROL_POLLS	(CONTROL_CLIENTS + 1)

/* What a client waits for. */
enum control_kind {
	CONTROL_NONE,	/* it has not asked yet */
	CONTROL_FOLLOW, /* a medium that is in */
	CONTROL_EJECT,	/* an empty slot */
	CONTROL_RELOAD, /* another vm-slot in the same process */
	CONTROL_LEAVE,	/* the end of this process */
	CONTROL_WATCH,	/* the state of the medium, again and again */
};

struct control;

/* Listen at path. Returns what control_close() frees; NULL with errno. */
struct control *control_open(const char *path);
void control_close(struct control *, const char *path);

void control_poll(const struct control *, struct pollfd[CONTROL_POLLS]);

/* Take connections and requests; asked is called with each, once. */
void control_move(
    struct control *, void (*asked)(void *, const char *, int client), void *);

/* A client of a vm-slot before us in the same process waits on. */
void control_adopt(struct control *, int fd, enum control_kind);

/* What that client waits for now. */
void control_set(struct control *, int client, enum control_kind);

/* Answer one client for good, with status 0: done. The cause is the usual one. */
void control_reply(struct control *, int client, int status, const char *text);

/* The same for all that wait for that, with any cause. NULL for a control is fine
 * here. */
void control_answer(struct control *, enum control_kind, enum cause, int status,
    const char *text);

/* Tell all that wait for a medium or its end what is being done. */
void control_step(struct control *, const char *text);

/* Tell all that watch the medium its state. */
void control_state(struct control *, const char *word);

/* The descriptor of a client that waits for that; -1 if there is none. */
int control_find(const struct control *, enum control_kind);

#endif
