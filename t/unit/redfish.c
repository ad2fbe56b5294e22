/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "check.h"
#include "redfish/answer.h"
#include "redfish/message.h"
#include "redfish/resources.h"
#include "redfish/write.h"

static const struct redfish_settings settings = {
    .slots = 2, .drives = {IMAGE_CD, IMAGE_DISK}};

static void
test_base64(void)
{
	char out[16];

	CHECK(base64_decode(out, sizeof(out), "") == 0);
	CHECK(base64_decode(out, sizeof(out), "YQ==") == 1 && *out == 'a');
	CHECK(base64_decode(out, sizeof(out), "cm9vdDp4Og==") == 7);
	CHECK(strcmp(out, "root:x:") == 0);
	CHECK(base64_decode(out, sizeof(out), "/+8=") == 2);
	CHECK(strcmp(out, "\xff\xef") == 0);
	CHECK(base64_decode(out, sizeof(out), "YQ=") == -1);
	CHECK(base64_decode(out, sizeof(out), "YQ") == -1);
	CHECK(base64_decode(out, sizeof(out), "Y===") == -1);
	CHECK(base64_decode(out, sizeof(out), "YQ==YQ==") == -1);
	CHECK(base64_decode(out, sizeof(out), "Y Q=") == -1);
	CHECK(base64_decode(out, sizeof(out), "AAAA") == -1);
	CHECK(base64_decode(out, 3, "YWFh") == -1);
	CHECK(base64_decode(out, 6, "YWFhYWFh") == -1);
	CHECK(base64_decode(out, 7, "YWFhYWFh") == 6);
}

static void
test_etag(void)
{
	const char *etag = "\"0123\"";

	CHECK(etag_matches("\"0123\"", etag));
	CHECK(etag_matches("W/\"0123\"", etag));
	CHECK(etag_matches("0123", etag));
	CHECK(etag_matches("*", etag));
	CHECK(etag_matches("\"a\", \"0123\"", etag));
	CHECK(etag_matches("\"a\",*", etag));
	CHECK(!etag_matches("\"012\"", etag));
	CHECK(!etag_matches("\"01234\"", etag));
	CHECK(!etag_matches("\"0123-gzip\"", etag));
	CHECK(!etag_matches("", etag));
	CHECK(!etag_matches("\"\"", etag));
	CHECK(!etag_matches("\"0123\"", ""));
}

static bool
is_found(const char *path)
{
	char part[REDFISH_PARTS][REDFISH_PART_SIZE];

	return redfish_find(redfish_resources, path, part) != NULL;
}

static void
test_resources(void)
{
	CHECK(is_found("/redfish") && is_found("/redfish/v1"));
	CHECK(is_found("/redfish/v1/$metadata"));
	CHECK(!is_found("/") && !is_found("") && !is_found("/redfish/v1/"));
	CHECK(!is_found("/redfish/v1//odata") && !is_found("/redfish/v"));
	CHECK(!is_found("/redfish/v1/odata/x") && !is_found("redfish"));
	CHECK(redfish_method("HEAD") == METHOD_GET);
	CHECK(redfish_method("PUT") == -1 && redfish_method("get") == -1);
	CHECK(redfish_namespace("A.v1_0_0.A") == 8);
	CHECK(redfish_namespace("BCollection.BCollection") == 11);
}

/* Does the answer to an error contain this text? */
static bool
says(struct redfish *r, const char *text)
{
	char *out;
	bool does;

	does = redfish_write(r, &out) > 0 && strstr(out, text) != NULL;
	if (!does)
		fprintf(stderr, "%s\nhas no %s\n", out, text);
	free(out);
	return does;
}

static void
test_messages(void)
{
	struct cgi_request http = {.method = "PATCH", .path = "/"};
	struct redfish r = {.settings = &settings, .http = &http};

	redfish_say(&r, 400, MSG_PROPERTY_VALUE_TYPE, "/A", "Mend it.",
	    "7 \"quoted\" %1", "A");
	CHECK(r.status == 400 && r.message_count == 1);
	CHECK(says(&r, "\"code\":\"Base.1.22.PropertyValueTypeError\""));
	CHECK(
	    says(&r, "The value '7 \\\"quoted\\\" %1' for the property A is"));
	CHECK(says(&r, "\"RelatedProperties\":[\"/A\"]"));
	CHECK(says(&r, "\"MessageArgs\":[\"7 \\\"quoted\\\" %1\",\"A\"]"));
	redfish_free(&r);
	r = (struct redfish){.settings = &settings, .http = &http};
	redfish_say(&r, 400, MSG_PROPERTY_UNKNOWN, "/A", NULL, "A");
	redfish_say(&r, 409, MSG_PROPERTY_UNKNOWN, "/B", NULL, "B");
	CHECK(r.status == 400 && r.message_count == 2);
	CHECK(says(&r, "\"code\":\"Base.1.22.GeneralError\""));
	CHECK(says(&r, "The property B is not in"));
	redfish_free(&r);
}

/* The body of a success may contain a message. */
static void
test_success_with_message(void)
{
	struct cgi_request http = {.method = "POST", .path = "/"};
	struct redfish r = {.settings = &settings, .http = &http};

	json_begin_object(&r.body, NULL);
	json_put_string(&r.body, "A", "b");
	json_end_object(&r.body);
	redfish_say(&r, 201, MSG_PASSWORD_CHANGE_REQUIRED, NULL, NULL, "/x");
	CHECK(says(&r, "\r\n\r\n{\"A\":\"b\",\"@Message.ExtendedInfo\":[{"));
	redfish_free(&r);
	r = (struct redfish){.settings = &settings, .http = &http};
	redfish_say(&r, 200, MSG_SUCCESS, NULL, NULL);
	CHECK(says(&r, "\r\n\r\n{\"@Message.ExtendedInfo\":[{"));
	redfish_free(&r);
}

int
main(void)
{
	test_base64();
	test_etag();
	test_resources();
	test_messages();
	test_success_with_message();
	return check_status();
}
