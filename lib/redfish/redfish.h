/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Redfish (DSP0266 1.22): a request goes in, an answer comes out.
 *
 * This folder is for vm-redfish, which runs as its own user and trusts no
 * client. vm-door says who the client is and what it may do, and makes all
 * changes. vm-redfish itself only reads, from /run/vmedia and configfs.
 *
 * A resource is a row of the table in resources.c and a file with its functions
 * (handlers.h). Such a function answers one method: it writes the body
 * (answer.h), or says why it cannot (message.h). input.h checks what a client
 * sends, and ask.h asks vm-door. rules.c has the rules for all resources, and
 * write.c writes HTTP.
 */
#ifndef VM_REDFISH_REDFISH_H
#define VM_REDFISH_REDFISH_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/json-text.h"
#include "door/wire.h"
#include "gadget/configfs.h"
#include "http/cgi.h"
#include "http/credentials.h"
#include "image/info.h"

#define REDFISH_PARTS	  2   /* asterisks in the pattern of a resource */
#define REDFISH_PART_SIZE 128 /* bytes of what one of them stands for */
#define REDFISH_MESSAGES  16  /* in one answer */
#define REDFISH_URI_SIZE  256 /* bytes of the path of a resource */
#define REDFISH_TEXT_SIZE 512 /* bytes of a message's text */

#define REDFISH_REGISTRY     "Base.1.22" /* of the messages */
#define REDFISH_DMTF_SCHEMAS "http://redfish.dmtf.org/schemas/v1/"

/* Privileges (Privileges_1.0.5), as bits. */
enum redfish_privilege {
	PRIVILEGE_NONE = 0, /* anybody, without authentication */
	PRIVILEGE_LOGIN = 1,
	PRIVILEGE_CONFIGURE_MANAGER = 2,
	PRIVILEGE_CONFIGURE_USERS = 4,
	PRIVILEGE_CONFIGURE_COMPONENTS = 8,
	PRIVILEGE_CONFIGURE_SELF = 16,
};

/* The sender of the request; all zeros: unknown. */
struct redfish_client {
	struct credentials credentials; /* redfish_free() erases them */
	char user[64];
	char role[32];	     /* "Administrator" */
	char session[64];    /* the Id of its session; "": by a password */
	unsigned privileges; /* bits of enum redfish_privilege */
	bool must_change;    /* the password, before anything else */
};

/* What is the same for all requests. */
struct redfish_settings {
	unsigned slots;
	enum image_media drives[GADGET_SLOTS]; /* of each slot: its type */
};

/* One request and its answer. */
struct redfish {
	const struct redfish_settings *settings;
	const struct cgi_request *http;
	int64_t
	    deadline; /* of clock_ms(): nobody waits for an answer after it */
	struct redfish_client client;
	const struct redfish_resource *resources; /* the table of all */
	const struct redfish_resource *resource;  /* NULL: there is none */
	char uri[REDFISH_URI_SIZE]; /* the path without a slash at the end */
	char part[REDFISH_PARTS][REDFISH_PART_SIZE];
	json_t *input;		  /* the body, an object; NULL: it has none */
	struct door_message kept; /* what auth_take() has read of a slot */
	/* The answer. */
	int status;
	struct json_text body; /* empty: there is none, or only messages */
	char *xml; /* a body that is not JSON; redfish_free() frees it */
	struct json_text messages; /* an array of Message.v1_1_1, open */
	unsigned message_count;
	char code[64];			 /* the id of the first message */
	char summary[REDFISH_TEXT_SIZE]; /* and its text */
	uint64_t digest;      /* of what etag_add() was given; 0: nothing yet */
	bool is_etag_partial; /* the body may change while the ETag stays */
	char etag[40];	      /* with its quotation marks; "": none */
	char location[REDFISH_URI_SIZE];
	char token[64];	 /* X-Auth-Token */
	int retry_after; /* seconds; 0: none */
	/* For an answer that never ends: it writes the body to the socket, and
	 * returns when the client has gone. NULL for all other answers. */
	void (*stream)(struct redfish *, int fd);
};

/* Erase and free what it has in *r. */
void redfish_free(struct redfish *r);

#endif
