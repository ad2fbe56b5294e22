/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How vm-ws-proxy is made: each connection is two processes. The keeper has
 * the privileges: it knows the tickets, asks the site's own command, opens the
 * far side. The talker, an unprivileged child of it, is the only one that
 * reads what the peer sends: TLS, HTTP, frames. They speak by messages of a
 * fixed size over a SOCK_SEQPACKET pair, and open descriptors go the one way,
 * from keeper to talker.
 *
 *     talker  ----  struct ws_wish: may this client in?  --->  keeper
 *             <---  struct ws_leave, and the far side's descriptors
 *             ----  the far side has ended: how? ---------->
 *             <---  struct ws_reason
 *             <---  struct ws_reason: end it, with that (SIGTERM came)
 *             ----  struct ws_end: it is over ------------->
 */
#ifndef VM_WS_PROXY_H
#define VM_WS_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "ws-monitor/ticket.h"
#include "tls/pem.h"
#include "ws/bridge.h"
#include "ws/handshake.h"

#define WS_LIST_MAX   16  /* words of an option that is repeated */
#define WS_NAME_MAX   256 /* bytes of a host, a path, an origin, and a NUL */
#define WS_QUERY_MAX  1024
#define WS_TICKET_MAX 129 /* bytes of a ticket, and a NUL */

/* The subprotocols of our page and of vmctl serve: NBD; and NBD from a server
 * that sends an empty message to begin with, and each time that it has said
 * nothing for a while. */
#define WS_NBD	    "vm.nbd.v1"
#define WS_NBD_BEAT "vm.nbd.v1-beat"

struct ws_list {
	const char *words[WS_LIST_MAX];
	unsigned count;
};

/* What the command line asks for; constant once it is read. */
struct ws_options {
	/* The far side: a Unix socket, a command, or neither: our own standard
	 * input and output. */
	const char *socket;
	char **command;
	bool tells; /* the command's last line is told as the reason */

	struct ws_list protocols;
	bool accepts_text;
	int ping_after;	  /* ms; 0: the usual */
	const char *user; /* of the talker; NULL: nobody */
	bool verbose;

	/* A server's. */
	const struct tls_identity *identity; /* NULL: plain */
	struct ws_list origins, paths;
	const char *tickets, *authoriser; /* a directory, a shell command */
	bool is_forwarded;		  /* a proxy says who the client is */
	bool is_cgi;

	/* A client's. */
	bool is_client, is_secure;
	char host[WS_NAME_MAX], port[8];
	char path[WS_NAME_MAX + WS_QUERY_MAX];
	const struct tls_anchors *anchors;
	const unsigned char *pin;
	const char *headers; /* lines of HTTP for the server; NULL: none */
};

/* What a client of ours wants, once it is checked for what can be seen. */
struct ws_wish {
	char path[WS_NAME_MAX], query[WS_QUERY_MAX];
	char origin[WS_NAME_MAX], peer[WS_NAME_MAX];
	char protocol[WS_NAME_MAX]; /* that will be answered; "": none */
	char ticket[WS_TICKET_MAX], resume[WS_TICKET_MAX]; /* "": none */
	char ended[TICKET_ENDED_MAX]; /* the keeper's: how it ended before */
	size_t
	    block_len; /* of the request as it came, for the site's command */
	char block[WS_BLOCK_MAX];
};

/* The keeper's answer: 0, and two descriptors, or a status of HTTP. */
struct ws_leave {
	int status;
	bool was_checked; /* by a ticket or the site's command */
	char why[WS_REASON_MAX];
};

/* One message of either side. */
struct ws_message {
	enum ws_message_kind {
		WS_WISH,
		WS_LEAVE,
		WS_FAR_ENDED, /* no more than that */
		WS_REASON,
		WS_END
	} kind;
	union {
		struct ws_wish wish;
		struct ws_leave leave;
		struct ws_reason reason;
		struct ws_end end;
	} u;
};

/*
 * Send and receive one whole message, with two descriptors or none (fds NULL:
 * such as come are closed). Return 0; or -1 with errno, EPIPE where the other is
 * gone. Received descriptors are close-on-exec.
 */
int ws_message_send(int fd, const struct ws_message *, const int fds[2]);
int ws_message_receive(int fd, struct ws_message *, int fds[2]);

/*
 * The talker's whole life, in either role: with the peer's descriptors, or the
 * server to be connected to. `keeper` is its end of the pair. Returns an exit
 * status; messages are on standard error.
 */
int ws_serve(
    const struct ws_options *, int keeper, int in, int out, const char *peer);
int ws_dial(const struct ws_options *, int keeper);

/* Is it an IP address, and so no name that a certificate could be for? */
bool ws_is_address(const char *host);

/* How far a client is. */
enum ws_stage {
	WS_AT_DOOR, /* not let in yet */
	WS_IN,
	WS_LEAVING /* all is said; its far side may still be at work */
};

/*
 * The keeper's: start a talker for the peer at in and out (a client's: -1, and
 * it connects), and serve it until it has ended. *stage (NULL: nobody asks) is
 * told how far it is. Returns an exit status.
 */
int ws_keep(const struct ws_options *, int in, int out, const char *peer,
    volatile enum ws_stage *stage);

/* Print one line about a peer, its words made printable. */
void ws_say(const char *peer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
