/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "redfish/message.h"

#define ARGS_MAX 3

struct message {
	const char *name, *severity, *text; /* %1 to %3 are the arguments */
	const char *resolution; /* what can be done; NULL: nothing */
	unsigned args;
};

/* Texts, severities and resolutions are the registry's: clients compare
 * them. */
static const struct message messages[] = {
    [MSG_ACCESS_DENIED] = {"AccessDenied", "Critical",
	"While attempting to establish a connection to '%1', the service "
	"denied access.",
	"Attempt to ensure that the URI is correct and that the service"
	" has the appropriate credentials.",
	1},
    [MSG_ACCESS_UNAUTHORIZED] = {"AccessUnauthorized", "Critical",
	"Unauthorized.", "Resubmit the request with valid credentials.", 0},
    [MSG_ACTION_NOT_SUPPORTED] = {"ActionNotSupported", "Critical",
	"The action %1 is not supported by the resource.",
	"Check the Actions property in the resource for the supported "
	"actions.",
	1},
    [MSG_ACTION_PARAMETER_MISSING] = {"ActionParameterMissing", "Critical",
	"The action %1 requires the parameter %2 to be present in the request "
	"body.",
	"Supply the action with the required parameter in the request "
	"body when the request is resubmitted.",
	2},
    [MSG_ACTION_PARAMETER_NOT_SUPPORTED] = {"ActionParameterNotSupported",
	"Warning",
	"The parameter %1 for the action %2 is not supported on the target "
	"resource.",
	"Remove the parameter supplied and resubmit the request if the "
	"operation failed.",
	2},
    [MSG_ACTION_PARAMETER_UNKNOWN] = {"ActionParameterUnknown", "Warning",
	"The action %1 was submitted with the invalid parameter %2.",
	"Correct the invalid action parameter and resubmit the request "
	"if the operation failed.",
	2},
    [MSG_ACTION_PARAMETER_VALUE_FORMAT] = {"ActionParameterValueFormatError",
	"Warning",
	"The value '%1' for the parameter %2 in the action %3 is not a format "
	"that the parameter can accept.",
	"Correct the value for the parameter in the request body and "
	"resubmit the request if the operation failed.",
	3},
    [MSG_ACTION_PARAMETER_VALUE_NOT_IN_LIST] = {"ActionParameterValueNotInList",
	"Warning",
	"The value '%1' for the parameter %2 in the action %3 is not in the "
	"list of acceptable values.",
	"Choose a value from the enumeration list that the "
	"implementation can support and resubmit the request if the "
	"operation failed.",
	3},
    [MSG_ACTION_PARAMETER_VALUE_TYPE] = {"ActionParameterValueTypeError",
	"Warning",
	"The value '%1' for the parameter %2 in the action %3 is not a type "
	"that the parameter can accept.",
	"Correct the value for the parameter in the request body and "
	"resubmit the request if the operation failed.",
	3},
    [MSG_COULD_NOT_ESTABLISH_CONNECTION] = {"CouldNotEstablishConnection",
	"Critical",
	"The service failed to establish a connection with the URI '%1'.",
	"Ensure that the URI contains a valid and reachable node name, "
	"protocol information, and other URI components.",
	1},
    [MSG_CREATE_LIMIT_REACHED] = {"CreateLimitReachedForResource", "Critical",
	"The create operation failed because the resource has reached the "
	"limit of possible resources.",
	"Either delete resources and resubmit the request if the "
	"operation failed or do not resubmit the request.",
	0},
    [MSG_HEADER_INVALID] = {"HeaderInvalid", "Critical",
	"Header '%1' is invalid.",
	"Resubmit the request with a valid request header.", 1},
    [MSG_INSUFFICIENT_PRIVILEGE] = {"InsufficientPrivilege", "Critical",
	"There are insufficient privileges for the account or credentials "
	"associated with the current session to perform the requested "
	"operation.",
	"Either abandon the operation or change the associated access "
	"rights and resubmit the request if the operation failed.",
	0},
    [MSG_INTERNAL_ERROR] = {"InternalError", "Critical",
	"The request failed due to an internal service error.  The service is "
	"still operational.",
	"Resubmit the request.  If the problem persists, consider "
	"resetting the service.",
	0},
    [MSG_MALFORMED_JSON] = {"MalformedJSON", "Critical",
	"The request body submitted was malformed JSON and could not be parsed "
	"by the receiving service.",
	"Ensure that the request body is valid JSON and resubmit the "
	"request.",
	0},
    [MSG_NO_OPERATION] = {"NoOperation", "Warning",
	"The request body submitted contain no data to act upon and no changes "
	"to the resource took place.",
	"Add properties in the JSON object and resubmit the request.", 0},
    [MSG_NO_VALID_SESSION] = {"NoValidSession", "Critical",
	"There is no valid session established with the implementation.",
	"Establish a session before attempting any operations.", 0},
    [MSG_OPERATION_NOT_ALLOWED] = {"OperationNotAllowed", "Critical",
	"The HTTP method is not allowed on this resource.", NULL, 0},
    [MSG_PASSWORD_CHANGE_REQUIRED] = {"PasswordChangeRequired", "Critical",
	"The password provided for this account must be changed before access "
	"is granted.  PATCH the Password property for this account located at "
	"the target URI '%1' to complete this process.",
	"Change the password for this account using a PATCH to the "
	"Password property at the URI provided.",
	1},
    [MSG_PAYLOAD_TOO_LARGE] = {"PayloadTooLarge", "Critical",
	"The supplied payload exceeds the maximum size supported by the "
	"service.",
	"Check that the supplied payload is correct and supported by "
	"this service.",
	0},
    [MSG_PRECONDITION_FAILED] = {"PreconditionFailed", "Critical",
	"The ETag supplied did not match the ETag required to change this "
	"resource.",
	"Try the operation again using the appropriate ETag.", 0},
    [MSG_PROPERTY_MISSING] = {"PropertyMissing", "Warning",
	"The property %1 is a required property and must be included in the "
	"request.",
	"Ensure that the property is in the request body and has a "
	"valid value and resubmit the request if the operation failed.",
	1},
    [MSG_PROPERTY_NOT_WRITABLE] = {"PropertyNotWritable", "Warning",
	"The property %1 is a read-only property and cannot be assigned a "
	"value.",
	"Remove the property from the request body and resubmit the "
	"request if the operation failed.",
	1},
    [MSG_PROPERTY_UNKNOWN] = {"PropertyUnknown", "Warning",
	"The property %1 is not in the list of valid properties for the "
	"resource.",
	"Remove the unknown property from the request body and resubmit"
	" the request if the operation failed.",
	1},
    [MSG_PROPERTY_VALUE_ERROR] = {"PropertyValueError", "Warning",
	"The value provided for the property %1 is not valid.",
	"Correct the value for the property in the request body and "
	"resubmit the request if the operation failed.",
	1},
    [MSG_PROPERTY_VALUE_FORMAT] = {"PropertyValueFormatError", "Warning",
	"The value '%1' for the property %2 is not a format that the property "
	"can accept.",
	"Correct the value for the property in the request body and "
	"resubmit the request if the operation failed.",
	2},
    [MSG_PROPERTY_VALUE_NOT_IN_LIST] = {"PropertyValueNotInList", "Warning",
	"The value '%1' for the property %2 is not in the list of acceptable "
	"values.",
	"Choose a value from the enumeration list that the "
	"implementation can support and resubmit the request if the "
	"operation failed.",
	2},
    [MSG_PROPERTY_VALUE_TYPE] = {"PropertyValueTypeError", "Warning",
	"The value '%1' for the property %2 is not a type that the property "
	"can accept.",
	"Correct the value for the property in the request body and "
	"resubmit the request if the operation failed.",
	2},
    [MSG_QUERY_PARAMETER_UNSUPPORTED] = {"QueryParameterUnsupported", "Warning",
	"Query parameter '%1' is not supported.",
	"Correct or remove the query parameter and resubmit the "
	"request.",
	1},
    [MSG_RESOURCE_ALREADY_EXISTS] = {"ResourceAlreadyExists", "Critical",
	"The requested resource of type %1 with the property %2 with the value "
	"'%3' already exists.",
	"Do not repeat the create operation as the resource was already"
	" created.",
	3},
    [MSG_RESOURCE_AT_URI_IN_UNKNOWN_FORMAT] = {"ResourceAtUriInUnknownFormat",
	"Critical",
	"The resource at '%1' is in a format not recognized by the service.",
	"Place an image or resource or file that is recognized by the "
	"service at the URI.",
	1},
    [MSG_RESOURCE_AT_URI_UNAUTHORIZED] = {"ResourceAtUriUnauthorized",
	"Critical",
	"While accessing the resource at '%1', the service received an "
	"authorization error '%2'.",
	"Ensure that the appropriate access is provided for the service"
	" in order for it to access the URI.",
	2},
    [MSG_RESOURCE_IN_USE] = {"ResourceInUse", "Warning",
	"The change to the requested resource failed because the resource is "
	"in use or in transition.",
	"Remove the condition and resubmit the request if the operation"
	" failed.",
	0},
    [MSG_RESOURCE_MISSING_AT_URI] = {"ResourceMissingAtURI", "Critical",
	"The resource at the URI '%1' was not found.",
	"Place a valid resource at the URI or correct the URI and "
	"resubmit the request.",
	1},
    [MSG_RESOURCE_NOT_FOUND] = {"ResourceNotFound", "Critical",
	"The requested resource of type %1 named '%2' was not found.",
	"Provide a valid resource identifier and resubmit the request.", 2},
    [MSG_SERVICE_TEMPORARILY_UNAVAILABLE] = {"ServiceTemporarilyUnavailable",
	"Critical",
	"The service is temporarily unavailable.  Retry in %1 seconds.",
	"Wait for the indicated retry duration and retry the operation.", 1},
    [MSG_SESSION_LIMIT_EXCEEDED] = {"SessionLimitExceeded", "Critical",
	"The session establishment failed due to the number of simultaneous "
	"sessions exceeding the limit of the implementation.",
	"Reduce the number of other sessions before trying to establish"
	" the session or increase the limit of simultaneous sessions, "
	"if supported.",
	0},
    [MSG_SOURCE_DOES_NOT_SUPPORT_PROTOCOL] = {"SourceDoesNotSupportProtocol",
	"Critical",
	"The other end of the connection at '%1' does not support the "
	"specified protocol %2.",
	"Change protocols or URIs.", 2},
    [MSG_SUCCESS] = {"Success", "OK", "The request completed successfully.",
	NULL, 0},
    [MSG_UNRECOGNIZED_REQUEST_BODY] = {"UnrecognizedRequestBody", "Warning",
	"The service detected a malformed request body that it was unable to "
	"interpret.",
	"Correct the request body and resubmit the request if it "
	"failed.",
	0},
};

/* Write the text with its arguments filled in, cut if it is too long. */
static void
fill_in(
    const struct message *m, const char *const args[], char *out, size_t size)
{
	const char *at = m->text, *arg;
	size_t len = 0, n;

	for (; *at != '\0' && len < size - 1; at++) {
		if (*at != '%') {
			out[len++] = *at;
			continue;
		}
		arg = args[*++at - '1'];
		n = strnlen(arg, size - 1 - len);
		memcpy(out + len, arg, n);
		len += n;
	}
	out[len] = '\0';
}

static void
write_message(struct json_text *t, const struct message *m, const char *text,
    const char *const args[], const char *property, const char *resolution)
{
	char id[64];
	unsigned i;

	snprintf(id, sizeof(id), REDFISH_REGISTRY ".%s", m->name);
	json_begin_object(t, NULL);
	json_put_string(t, "@odata.type", "#Message.v1_1_1.Message");
	json_put_string(t, "MessageId", id);
	json_put_string(t, "Message", text);
	json_begin_array(t, "MessageArgs");
	for (i = 0; i < m->args; i++)
		json_put_string(t, NULL, args[i]);
	json_end_array(t);
	json_put_string(t, "Severity", m->severity);
	json_put_string(t, "MessageSeverity", m->severity);
	if (resolution == NULL)
		resolution = m->resolution;
	json_put_string(
	    t, "Resolution", resolution != NULL ? resolution : "None.");
	if (property != NULL) {
		json_begin_array(t, "RelatedProperties");
		json_put_string(t, NULL, property);
		json_end_array(t);
	}
	json_end_object(t);
}

void
redfish_say(struct redfish *r, int status, enum redfish_message which,
    const char *property, const char *resolution, ...)
{
	const struct message *m = &messages[which];
	const char *args[ARGS_MAX] = {"", "", ""};
	char text[REDFISH_TEXT_SIZE];
	va_list ap;
	unsigned i;

	if (r->status == 0)
		r->status = status;
	if (r->message_count == REDFISH_MESSAGES)
		return;
	va_start(ap, resolution);
	for (i = 0; i < m->args; i++)
		args[i] = va_arg(ap, const char *);
	va_end(ap);
	fill_in(m, args, text, sizeof(text));
	if (r->message_count++ == 0) {
		snprintf(
		    r->code, sizeof(r->code), REDFISH_REGISTRY ".%s", m->name);
		snprintf(r->summary, sizeof(r->summary), "%s", text);
		json_begin_array(&r->messages, NULL);
	}
	write_message(&r->messages, m, text, args, property, resolution);
}

const char *
redfish_account_uri(const struct redfish *r, char buf[REDFISH_URI_SIZE])
{
	snprintf(buf, REDFISH_URI_SIZE,
	    "/redfish/v1/AccountService/Accounts/%s", r->client.user);
	return buf;
}

void
redfish_say_password_change(struct redfish *r)
{
	char uri[REDFISH_URI_SIZE];

	redfish_say(r, 403, MSG_PASSWORD_CHANGE_REQUIRED, NULL, NULL,
	    redfish_account_uri(r, uri));
}
