/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What vm-ws-proxy's command line asks for. Once the monitor has read it
 * (ws-monitor/arguments.h), only the identity changes: SIGHUP renews it.
 */
#ifndef VM_WS_OPTIONS_H
#define VM_WS_OPTIONS_H

#include <stdbool.h>

#define WS_LIST_MAX  16	 /* words of an option that can be repeated */
#define WS_NAME_MAX  256 /* bytes of a host, a path, an origin, and a NUL */
#define WS_QUERY_MAX 1024

/* The subprotocols of our page and of vmctl serve: NBD; NBD whose server also
 * sends an empty message at once and whenever it was silent for a while; and
 * the same with text messages, which tell the state of the slot. */
#define WS_NBD	     "vm.nbd.v1"
#define WS_NBD_BEAT  "vm.nbd.v1-beat"
#define WS_NBD_STATE "vm.nbd.v1-state"

struct tls_identity;
struct tls_anchors;

/* A list of words, which belong to the caller and outlive the list. */
struct ws_list {
	const char *words[WS_LIST_MAX];
	unsigned count;
};

/* Returns false if the list is full. */
bool ws_list_add(struct ws_list *, const char *word);

bool ws_list_has(const struct ws_list *, const char *word);

struct ws_options {
	/* The backend: a Unix socket, a command, or neither: our own standard
	 * input and output. */
	const char *socket;
	char **command;
	bool sends_last_line; /* of the command, as the close's reason */

	struct ws_list protocols;
	bool accepts_text;
	int ping_after;	  /* ms; 0: the default */
	const char *user; /* the worker's; NULL: vmedia or nobody */
	bool verbose;

	/* A server's options. */
	const struct tls_identity *identity; /* NULL: no TLS */
	struct ws_list origins, paths;
	const char *tickets;	/* a directory; NULL: none */
	const char *authorizer; /* a command of sh(1); NULL: none */
	bool is_forwarded;	/* a proxy in front of us names the client */
	bool is_cgi;

	/* A client's options. */
	bool is_client;
	bool is_secure; /* wss:// */
	char host[WS_NAME_MAX], port[8];
	bool is_address; /* the host is an IP address, not a name */
	char path[WS_NAME_MAX + WS_QUERY_MAX];
	const struct tls_anchors *anchors;
	const unsigned char *pin; /* TLS_PIN_SIZE bytes; NULL: none */
	const char *headers;	  /* lines of headers; NULL: none */
};

#endif
