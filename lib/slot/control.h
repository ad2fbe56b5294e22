/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The socket work/control, at which a vm-slot takes requests (ask.h is the
 * client). Each connection sends one request, as a line, and gets these lines:
 *
 *	step TEXT              what is being done now
 *	state WORD             the medium's state, for a client that watches it
 *	done                   the last line: the request was carried out
 *	failed STATUS CAUSE TEXT
 *	                       the last line: the request failed, and why
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
	CONTROL_NONE,	/* nothing: it has not asked yet */
	CONTROL_FOLLOW, /* the insertion of the medium */
	CONTROL_EJECT,	/* an empty slot */
	CONTROL_RELOAD, /* another vm-slot in the same process */
	CONTROL_LEAVE,	/* the end of this process */
	CONTROL_WATCH,	/* each new state of the medium */
};

struct control;

/* Listen at path. Returns a control for control_close(), or NULL with errno. */
struct control *control_open(const char *path);
void control_close(struct control *, const char *path);

void control_poll(const struct control *, struct pollfd[CONTROL_POLLS]);

/* Accept connections and read requests; call `asked` once for each request. */
void control_move(
    struct control *, void (*asked)(void *, const char *, int client), void *);

/* Take over a client that waits for the earlier vm-slot in this process. */
void control_adopt(struct control *, int fd, enum control_kind);

/* Set what that client waits for. */
void control_set(struct control *, int client, enum control_kind);

/* Send a client its last answer; status 0: done. The cause is the usual one. */
void control_reply(struct control *, int client, int status, const char *text);

/* The same for all clients that wait for that, with any cause. The control may
 * be NULL here and below. */
void control_answer(struct control *, enum control_kind, enum cause, int status,
    const char *text);

/* Tell all clients that wait for a medium or its end what is being done. */
void control_step(struct control *, const char *text);

/* Tell the state to all clients that watch the medium. */
void control_state(struct control *, const char *word);

/* Returns the descriptor of a client that waits for that; -1 if there is
 * none. */
int control_find(const struct control *, enum control_kind);

#endif
