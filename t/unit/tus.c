/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tus/metadata.h"
#include "tus/tus.h"

#define ID "/images/0123456789abcdef"

static const char *why;

/* --- base64 metadata ------------------------------------------------------ */

static bool
has(const char *header, const char *key, const char *value)
{
	char text[32];
	bool is_there;

	return tus_metadata_check(header) == NULL &&
	       tus_metadata_get(header, key, text, sizeof(text), &is_there) &&
	       is_there && strcmp(text, value) == 0;
}

static void
test_metadata(void)
{
	CHECK(has("filename eC5pc28=,secret", "filename", "x.iso"));
	CHECK(has("secret,filename eC5pc28=", "filename", "x.iso"));
	CHECK(has("a , filename eC5pc28= ,b ", "filename", "x.iso"));
	CHECK(has("filename eC5pc28=,secret", "secret", ""));
	CHECK(has("empty ,a", "empty", ""));
	CHECK(!has("filename eC5pc28=", "file", ""));
	CHECK(!has("filename eC5pc28=", "filenames", ""));
	/* A key may begin with the name of another key. */
	CHECK(tus_metadata_check("a YQ==,aa YQ==,A YQ==") == NULL);
}

static void
test_wrong_metadata(void)
{
	static char large[65536 + 1], many[TUS_METADATA_MAX + 1];

	CHECK(tus_metadata_check("") != NULL);
	CHECK(tus_metadata_check(",") != NULL);
	CHECK(tus_metadata_check("a,") != NULL);
	CHECK(tus_metadata_check("a,,b") != NULL);
	CHECK(tus_metadata_check("a YQ==,a") != NULL);
	CHECK(tus_metadata_check("b,a,b YQ==") != NULL);
	CHECK(tus_metadata_check("a YQ") != NULL);
	CHECK(tus_metadata_check("a Y!==") != NULL);
	CHECK(tus_metadata_check("a YQ== YQ==") != NULL);
	CHECK(tus_metadata_check("a  YQ==") != NULL);
	CHECK(tus_metadata_check("a\tYQ==") != NULL);
	CHECK(tus_metadata_check("a\r\nb YQ==") != NULL);
	CHECK(tus_metadata_check("a YQ==\r\nSet-Cookie: x") != NULL);
	CHECK(tus_metadata_check("\xf0\x9f\x92\xbf YQ==") != NULL);
	memset(large, 'a', sizeof(large) - 1);
	CHECK(tus_metadata_check(large) != NULL);
	memset(many, ',', sizeof(many) - 1);
	CHECK(tus_metadata_check(many) != NULL);
}

static void
test_values(void)
{
	char text[4];
	bool is_there;

	/* A value with a NUL; then a value that is too long. */
	CHECK(!tus_metadata_get("a AAAA", "a", text, 4, &is_there));
	CHECK(is_there);
	CHECK(!tus_metadata_get("a eC5pc28=", "a", text, 4, &is_there));
	CHECK(is_there);
	CHECK(!tus_metadata_get("b", "a", text, 4, &is_there));
	CHECK(!is_there);
}

/* --- checksums ------------------------------------------------------------ */

static bool
fits(const char *header, const char *bytes)
{
	struct tus_checksum c;
	struct tus_sum s;

	if (tus_checksum_take(header, &c) != NULL)
		return false;
	tus_sum_begin(&s, &c);
	tus_sum_add(&s, bytes, 3);
	tus_sum_add(&s, bytes + 3, strlen(bytes) - 3);
	return tus_sum_fits(&s, &c);
}

static void
test_checksum(void)
{
	struct tus_checksum c;

	CHECK(fits("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "hello world"));
	CHECK(!fits("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "hello World"));
	CHECK(fits("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=",
	    "hello world"));
	CHECK(tus_checksum_take("", &c) != NULL);
	CHECK(tus_checksum_take("sha1", &c) != NULL);
	CHECK(tus_checksum_take("sha1 ", &c) != NULL);
	CHECK(tus_checksum_take(" sha1", &c) != NULL);
	CHECK(
	    tus_checksum_take("SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", &c) != NULL);
	CHECK(tus_checksum_take("md5 XrY7u+Ae7tCTyyK7j1rNww==", &c) != NULL);
	CHECK(tus_checksum_take("sha1 YQ==", &c) != NULL);
	CHECK(tus_checksum_take("sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", &c) !=
	      NULL);
	CHECK(tus_checksum_take("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0= ", &c) !=
	      NULL);
	CHECK(c.algorithm == NULL);
}

/* --- requests ------------------------------------------------------------- */

static struct cgi_request
request(const char *method, const char *path)
{
	return (struct cgi_request){.method = method,
	    .path = path,
	    .content_type = "",
	    .tus_resumable = "1.0.0"};
}

static int
takes(struct cgi_request http, struct tus_request *r)
{
	why = NULL;
	return tus_take(&http, r, &why);
}

static void
test_version(void)
{
	struct cgi_request head = request("HEAD", ID);
	struct cgi_request get = request("GET", "/images");
	struct cgi_request options = request("OPTIONS", "/images");
	struct tus_request r;

	CHECK(takes(head, &r) == 0 && r.place == TUS_ID);
	head.tus_resumable = "1.0";
	CHECK(takes(head, &r) == 412 && strstr(why, "1.0.0") != NULL);
	head.tus_resumable = NULL;
	CHECK(takes(head, &r) == 412);
	get.tus_resumable = NULL;
	CHECK(takes(get, &r) == 0);
	get.tus_resumable = "0.2.2";
	CHECK(takes(get, &r) == 412);
	options.tus_resumable = "0.2.2";
	CHECK(takes(options, &r) == 0);
}

static void
test_places(void)
{
	struct tus_request r;

	CHECK(takes(request("GET", "/images"), &r) == 0);
	CHECK(takes(request("GET", "/images/"), &r) == 0);
	CHECK(takes(request("GET", ID), &r) == 0);
	CHECK(strcmp(r.id, "0123456789abcdef") == 0);
	CHECK(takes(request("GET", "/imagesx"), &r) == 404);
	CHECK(takes(request("GET", "/image"), &r) == 404);
	CHECK(takes(request("GET", ID "0"), &r) == 404);
	CHECK(takes(request("GET", ID "/"), &r) == 404);
	CHECK(takes(request("GET", "/images/0123456789ABCDEF"), &r) == 404);
	CHECK(takes(request("GET", "/images/../../etc/0123456789abcdef"), &r) ==
	      404);
	CHECK(takes(request("PUT", "/images/x%20(1).iso"), &r) == 0);
	CHECK(strcmp(r.name, "x (1).iso") == 0 && r.has_length);
	CHECK(takes(request("PUT", "/images/%2e%2E%2fx"), &r) == 0);
	CHECK(strcmp(r.name, "../x") == 0);
	CHECK(takes(request("PUT", ID), &r) == 0 && r.place == TUS_NAME);
	CHECK(takes(request("PUT", "/images/a%00b"), &r) == 404);
	CHECK(takes(request("PUT", "/images/a%4"), &r) == 404);
	CHECK(takes(request("PUT", "/images/a%"), &r) == 404);
	CHECK(takes(request("PUT", "/images/a%xy"), &r) == 404);
	CHECK(takes(request("PUT", "/images"), &r) == 405);
	CHECK(takes(request("HEAD", "/images"), &r) == 405);
	CHECK(takes(request("POST", ID), &r) == 405);
	CHECK(takes(request("TRACE", ID), &r) == 405);
	CHECK(takes(request("patch", ID), &r) == 405);
	CHECK(takes(request("OPTIONS", "/images/x.iso"), &r) == 0);
	CHECK(strstr(tus_allow(TUS_ID), "PATCH") != NULL);
}

static void
test_override(void)
{
	struct cgi_request http = request("POST", ID);
	struct tus_request r;

	http.method_override = "DELETE";
	CHECK(takes(http, &r) == 0 && r.method == TUS_DELETE);
	http.method_override = "NOTHING";
	CHECK(takes(http, &r) == 405);
}

static void
test_fetch(void)
{
	struct cgi_request http = request("POST", "/images");
	struct tus_request r;

	http.tus_resumable = NULL;
	http.content_type = "application/json";
	CHECK(takes(http, &r) == 0 && r.is_fetch);
	http.content_type = "Application/JSON; charset=utf-8";
	CHECK(takes(http, &r) == 0 && r.is_fetch);
	http.content_type = "application/jsonx";
	CHECK(takes(http, &r) == 412 && !r.is_fetch);
	/* A request with a length is an upload, not a fetch, though its type is
	 * JSON. */
	http.content_type = "application/json";
	http.upload_length = "5";
	CHECK(takes(http, &r) == 412 && !r.is_fetch);
	http.upload_length = NULL;
	http.path = "/images/0123456789abcdef";
	CHECK(takes(http, &r) == 405);
	http.path = "/images";
	http.method = "PUT";
	CHECK(takes(http, &r) != 0 && !r.is_fetch);
}

static void
test_post(void)
{
	struct cgi_request http = request("POST", "/images");
	struct tus_request r;

	CHECK(takes(http, &r) == 400);
	http.upload_metadata = "filename eC5pc28=,owner YWxpY2U=";
	CHECK(takes(http, &r) == 400);
	http.upload_length = "9223372036854775807";
	CHECK(takes(http, &r) == 0 && r.length == INT64_MAX);
	CHECK(strcmp(r.name, "x.iso") == 0 && strcmp(r.owner, "alice") == 0);
	CHECK(r.metadata == http.upload_metadata);
	http.upload_length = "9223372036854775808";
	CHECK(takes(http, &r) == 413);
	http.upload_length = "99999999999999999999999999";
	CHECK(takes(http, &r) == 413);
	http.upload_length = "0";
	CHECK(takes(http, &r) == 0 && r.has_length && r.length == 0);
	http.upload_length = "-1";
	CHECK(takes(http, &r) == 400);
	http.upload_length = "1e3";
	CHECK(takes(http, &r) == 400);
	http.upload_length = "";
	CHECK(takes(http, &r) == 400);
	http.upload_length = "5";
	http.upload_defer_length = "1";
	CHECK(takes(http, &r) == 400 && strstr(why, "Defer") != NULL);
	http.upload_defer_length = NULL;
	http.upload_concat = "partial";
	CHECK(takes(http, &r) == 400);
	http.upload_concat = NULL;
	http.length = 5;
	CHECK(takes(http, &r) == 415);
	http.content_type = "application/OFFSET+octet-stream";
	CHECK(takes(http, &r) == 0);
	http.length = 6;
	CHECK(takes(http, &r) == 413);
}

static void
test_names(void)
{
	struct cgi_request http = request("POST", "/images");
	static char large[1024];
	struct tus_request r;

	http.upload_length = "5";
	http.upload_metadata = "name eC5pc28=";
	CHECK(takes(http, &r) == 0 && strcmp(r.name, "x.iso") == 0);
	http.upload_metadata = "name YQ==,filename eC5pc28=";
	CHECK(takes(http, &r) == 0 && strcmp(r.name, "x.iso") == 0);
	http.upload_metadata = "filename,name eC5pc28=";
	CHECK(takes(http, &r) == 400);
	http.upload_metadata = "filename AAAA,name eC5pc28=";
	CHECK(takes(http, &r) == 400);
	http.upload_metadata = "filename eABp,name eC5pc28=";
	CHECK(takes(http, &r) == 400);
	http.upload_metadata = "type eC5pc28=";
	CHECK(takes(http, &r) == 400);
	snprintf(large, sizeof(large), "filename %0400d", 0);
	CHECK(takes(http, &r) == 400);
	http.upload_metadata = "filename eC5pc28=,sha256 YQ==";
	CHECK(takes(http, &r) == 400);
	http.upload_metadata =
	    "filename eC5pc28=,sha256 "
	    "QkE3ODE2QkY4RjAxQ0ZFQTQxNDE0MERFNURBRTIyMjNCMDAzNjFBMzk2MTc3QTlDQj"
	    "QxMEZGNjFGMjAwMTVBRA==";
	CHECK(takes(http, &r) == 0);
	CHECK(strncmp(r.sha256, "ba7816bf", 8) == 0);
}

static void
test_patch(void)
{
	struct cgi_request http = request("PATCH", ID);
	struct tus_request r;

	CHECK(takes(http, &r) == 415);
	http.content_type = "application/octet-stream";
	CHECK(takes(http, &r) == 415);
	http.content_type = TUS_TYPE "x";
	CHECK(takes(http, &r) == 415);
	http.content_type = TUS_TYPE;
	CHECK(takes(http, &r) == 400);
	http.upload_offset = "70";
	CHECK(takes(http, &r) == 0 && r.offset == 70 && !r.has_length);
	CHECK(r.checksum.algorithm == NULL);
	http.upload_offset = "9223372036854775808";
	CHECK(takes(http, &r) == 409);
	http.upload_offset = "-0";
	CHECK(takes(http, &r) == 400);
	http.upload_offset = " 70";
	CHECK(takes(http, &r) == 400);
	http.upload_offset = "0x46";
	CHECK(takes(http, &r) == 400);
	http.upload_offset = "70";
	http.upload_length = "100";
	CHECK(takes(http, &r) == 0 && r.has_length && r.length == 100);
	http.upload_checksum = "md4 x";
	CHECK(takes(http, &r) == 400);
	http.upload_checksum = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=";
	CHECK(takes(http, &r) == 0 && r.checksum.algorithm != NULL);
}

static void
test_put(void)
{
	struct cgi_request http = request("PUT", "/images/x.iso");
	struct tus_request r;

	http.tus_resumable = NULL;
	http.length = 7;
	CHECK(takes(http, &r) == 0 && r.length == 7);
	http.content_range = "bytes 3-6/7";
	CHECK(takes(http, &r) == 400);
}

int
main(void)
{
	test_metadata();
	test_wrong_metadata();
	test_values();
	test_checksum();
	test_version();
	test_places();
	test_override();
	test_post();
	test_fetch();
	test_names();
	test_patch();
	test_put();
	return check_status();
}
