/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Messages of the Base registry (DSP8011, Base.1.22.1) in an answer: why a
 * request failed (DSP0266 section 8.6), in the registry's words.
 */
#ifndef VM_REDFISH_MESSAGE_H
#define VM_REDFISH_MESSAGE_H

#include "redfish/redfish.h"

/* Each message with its arguments, all of them strings. */
enum redfish_message {
	MSG_ACCESS_DENIED, /* uri */
	MSG_ACCESS_UNAUTHORIZED,
	MSG_ACTION_NOT_SUPPORTED,		/* action */
	MSG_ACTION_PARAMETER_MISSING,		/* action, parameter */
	MSG_ACTION_PARAMETER_NOT_SUPPORTED,	/* parameter, action */
	MSG_ACTION_PARAMETER_UNKNOWN,		/* action, parameter */
	MSG_ACTION_PARAMETER_VALUE_FORMAT,	/* value, parameter, action */
	MSG_ACTION_PARAMETER_VALUE_NOT_IN_LIST, /* value, parameter, action */
	MSG_ACTION_PARAMETER_VALUE_TYPE,	/* value, parameter, action */
	MSG_COULD_NOT_ESTABLISH_CONNECTION,	/* uri */
	MSG_CREATE_LIMIT_REACHED,
	MSG_HEADER_INVALID, /* header */
	MSG_INSUFFICIENT_PRIVILEGE,
	MSG_INTERNAL_ERROR,
	MSG_MALFORMED_JSON,
	MSG_NO_OPERATION,
	MSG_NO_VALID_SESSION,
	MSG_OPERATION_NOT_ALLOWED,
	MSG_PASSWORD_CHANGE_REQUIRED, /* uri */
	MSG_PAYLOAD_TOO_LARGE,
	MSG_PRECONDITION_FAILED,
	MSG_PROPERTY_MISSING,		       /* property */
	MSG_PROPERTY_NOT_WRITABLE,	       /* property */
	MSG_PROPERTY_UNKNOWN,		       /* property */
	MSG_PROPERTY_VALUE_ERROR,	       /* property */
	MSG_PROPERTY_VALUE_FORMAT,	       /* value, property */
	MSG_PROPERTY_VALUE_NOT_IN_LIST,	       /* value, property */
	MSG_PROPERTY_VALUE_TYPE,	       /* value, property */
	MSG_QUERY_PARAMETER_UNSUPPORTED,       /* parameter */
	MSG_RESOURCE_ALREADY_EXISTS,	       /* type, property, value */
	MSG_RESOURCE_AT_URI_IN_UNKNOWN_FORMAT, /* uri */
	MSG_RESOURCE_AT_URI_UNAUTHORIZED,      /* uri, words */
	MSG_RESOURCE_IN_USE,
	MSG_RESOURCE_MISSING_AT_URI,	     /* uri */
	MSG_RESOURCE_NOT_FOUND,		     /* type, name */
	MSG_SERVICE_TEMPORARILY_UNAVAILABLE, /* seconds */
	MSG_SESSION_LIMIT_EXCEEDED,
	MSG_SOURCE_DOES_NOT_SUPPORT_PROTOCOL, /* uri, protocol */
	MSG_SUCCESS,
	MSG_UNRECOGNIZED_REQUEST_BODY,
};

/*
 * Add a message to the answer, and give the answer that HTTP status if it has
 * none yet. `property` is the JSON pointer of the property that it is about
 * ("/Image"), or NULL; `resolution` says what the client's user can do; NULL:
 * the registry's words. The message's arguments follow, as many as it has. No
 * argument is a secret: answers are logged and shown.
 */
void redfish_say(struct redfish *, int status, enum redfish_message,
    const char *property, const char *resolution, ...);

/*
 * Say that the client must change its password first (403), and name the path
 * of its account. redfish_account_uri() writes this path to buf, and returns
 * buf.
 */
void redfish_say_password_change(struct redfish *);
const char *redfish_account_uri(
    const struct redfish *, char buf[REDFISH_URI_SIZE]);

#endif
