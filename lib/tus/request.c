/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "tus/metadata.h"
#include "tus/tus.h"

/* --- method and place ----------------------------------------------------- */

static const char *const methods[TUS_METHODS] = {
    [TUS_OPTIONS] = "OPTIONS",
    [TUS_HEAD] = "HEAD",
    [TUS_GET] = "GET",
    [TUS_POST] = "POST",
    [TUS_PATCH] = "PATCH",
    [TUS_PUT] = "PUT",
    [TUS_DELETE] = "DELETE",
};

#define BIT(method) (1U << (method))

static const struct {
	unsigned methods; /* bits */
	const char *allow;
} places[] = {
    [TUS_NOWHERE] = {0, ""},
    [TUS_STORE] = {BIT(TUS_OPTIONS) | BIT(TUS_GET) | BIT(TUS_POST),
	"OPTIONS, GET, POST"},
    [TUS_ID] = {BIT(TUS_OPTIONS) | BIT(TUS_HEAD) | BIT(TUS_GET) |
		    BIT(TUS_PATCH) | BIT(TUS_DELETE),
	"OPTIONS, HEAD, GET, PATCH, DELETE"},
    [TUS_NAME] = {BIT(TUS_OPTIONS) | BIT(TUS_PUT), "OPTIONS, PUT"},
};

const char *
tus_allow(enum tus_place place)
{
	return places[place].allow;
}

static enum tus_method
method_of(const char *name)
{
	enum tus_method m = TUS_OPTIONS;

	while (m < TUS_METHODS && strcmp(methods[m], name) != 0)
		m++;
	return m;
}

static int
hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = memchr(digits, c | 0x20, sizeof(digits) - 1);

	/* Bit 0x20 makes letters lower case; digits have it already. */
	return found != NULL && c >= '0' ? (int)(found - digits) : -1;
}

/* Decode percent-encoding (RFC 3986 section 2.1). Returns false if it is
 * malformed, has a NUL, or does not fit. */
static bool
decode(const char *from, char *to, size_t size)
{
	int high, low;

	for (; *from != '\0' && size > 1; size--, from++) {
		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = hex_value(from[1]);
		low = high != -1 ? hex_value(from[2]) : -1;
		if (low == -1 || (high == 0 && low == 0))
			return false;
		*to++ = (char)(high << 4 | low);
		from += 2;
	}
	*to = '\0';
	return *from == '\0';
}

static bool
is_id(const char *text)
{
	return strlen(text) == TUS_ID_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == TUS_ID_SIZE - 1;
}

/* Find out what the path names. The path of a PUT has a name, never an ID. */
static enum tus_place
take_place(const char *path, struct tus_request *r)
{
	const size_t len = strlen(TUS_PATH);
	const char *rest = path + len;

	if (strncmp(path, TUS_PATH, len) != 0)
		return TUS_NOWHERE;
	if (strcmp(rest, "") == 0 || strcmp(rest, "/") == 0)
		return TUS_STORE;
	if (*rest++ != '/')
		return TUS_NOWHERE;
	if (r->method == TUS_PUT)
		return decode(rest, r->name, sizeof(r->name)) ? TUS_NAME
							      : TUS_NOWHERE;
	if (is_id(rest)) {
		memcpy(r->id, rest, sizeof(r->id));
		return TUS_ID;
	}
	return r->method == TUS_OPTIONS ? TUS_NAME : TUS_NOWHERE;
}

/* --- headers -------------------------------------------------------------- */

/* Returns 0, or the status that refuses the number. */
static int
take_number(const char *text, uint64_t *number)
{
	const size_t len = strlen(text);

	if (len == 0 || strspn(text, "0123456789") != len)
		return 400;
	return number_parse(text, 0, INT64_MAX, number) == -1 ? 413 : 0;
}

/* Is the media type `wanted`, with or without parameters? */
static bool
is_type(const char *type, const char *wanted)
{
	const size_t len = strlen(wanted);

	return strncasecmp(type, wanted, len) == 0 &&
	       (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

/* Does the POST ask for a fetch? No client of tus sends JSON: any other body of
 * a POST has TUS_TYPE. */
static bool
is_fetch(const struct cgi_request *http, const struct tus_request *r)
{
	return r->method == TUS_POST && http->upload_length == NULL &&
	       is_type(http->content_type, "application/json");
}

static int
take_checksum(
    const struct cgi_request *http, struct tus_request *r, const char **why)
{
	if (http->upload_checksum == NULL)
		return 0;
	*why = tus_checksum_take(http->upload_checksum, &r->checksum);
	return *why != NULL ? 400 : 0;
}

/* Make hex digits lower case. Returns whether the text is a SHA-256. */
static bool
is_sha256(char *text)
{
	size_t i, len = strlen(text);

	for (i = 0; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'F')
			text[i] |= 0x20;
	return len == TUS_SHA256_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == len;
}

static int
take_metadata(const char *header, struct tus_request *r, const char **why)
{
	bool is_there;

	*why = tus_metadata_check(header);
	if (*why != NULL)
		return 400;
	r->metadata = header;
	/* Some clients send filename, some name, some both. */
	if (!tus_metadata_get(
		header, "filename", r->name, sizeof(r->name), &is_there) &&
	    !is_there)
		tus_metadata_get(
		    header, "name", r->name, sizeof(r->name), &is_there);
	*why = "The owner of Upload-Metadata is no owner's name.";
	if (!tus_metadata_get(
		header, "owner", r->owner, sizeof(r->owner), &is_there) &&
	    is_there)
		return 400;
	*why = "The sha256 of Upload-Metadata must be 64 hex digits.";
	tus_metadata_get(
	    header, "sha256", r->sha256, sizeof(r->sha256), &is_there);
	return is_there && !is_sha256(r->sha256) ? 400 : 0;
}

/* --- each method ---------------------------------------------------------- */

static int
take_post(
    const struct cgi_request *http, struct tus_request *r, const char **why)
{
	int status;

	*why = "Upload-Defer-Length and Upload-Concat are not offered.";
	if (http->upload_defer_length != NULL || http->upload_concat != NULL)
		return 400;
	*why = "Upload-Length must tell the size in bytes.";
	if (http->upload_length == NULL)
		return 400;
	r->has_length = true;
	status = take_number(http->upload_length, &r->length);
	if (status != 0)
		return status;
	*why = "A body must have the type " TUS_TYPE ".";
	if (http->length > 0 && !is_type(http->content_type, TUS_TYPE))
		return 415;
	*why = "The body has more bytes than Upload-Length.";
	if (http->length > r->length)
		return 413;
	*why = "Upload-Metadata must have a filename.";
	if (http->upload_metadata == NULL)
		return 400;
	status = take_metadata(http->upload_metadata, r, why);
	if (status == 0 && r->name[0] == '\0') {
		*why = "Upload-Metadata must have a filename, which is text of "
		       "at most 255 bytes.";
		status = 400;
	}
	return status != 0 ? status : take_checksum(http, r, why);
}

static int
take_patch(
    const struct cgi_request *http, struct tus_request *r, const char **why)
{
	int status;

	*why = "The body must have the type " TUS_TYPE ".";
	if (!is_type(http->content_type, TUS_TYPE))
		return 415;
	*why = "Upload-Offset must tell where the body belongs, in bytes.";
	if (http->upload_offset == NULL)
		return 400;
	status = take_number(http->upload_offset, &r->offset);
	/* The number is valid, but larger than any upload's offset. */
	if (status != 0)
		return status == 413 ? 409 : status;
	*why = "Upload-Length must tell the size in bytes.";
	r->has_length = http->upload_length != NULL;
	if (r->has_length)
		status = take_number(http->upload_length, &r->length);
	return status != 0 ? status : take_checksum(http, r, why);
}

static int
take_put(
    const struct cgi_request *http, struct tus_request *r, const char **why)
{
	*why = "A part of a file cannot be sent by PUT: use tus.";
	if (http->content_range != NULL)
		return 400;
	r->has_length = true;
	r->length = http->length;
	return take_checksum(http, r, why);
}

/* Does the request name another version than ours, or no version where tus
 * requires one? */
static bool
is_other_version(const struct cgi_request *http, const struct tus_request *r)
{
	if (r->method == TUS_OPTIONS || r->is_fetch)
		return false;
	if (http->tus_resumable == NULL)
		return r->method != TUS_GET && r->method != TUS_PUT;
	return strcmp(http->tus_resumable, TUS_VERSION) != 0;
}

int
tus_take(
    const struct cgi_request *http, struct tus_request *r, const char **why)
{
	const char *method = http->method_override;

	*r = (struct tus_request){0};
	r->method = method_of(method != NULL ? method : http->method);
	r->is_fetch = is_fetch(http, r);
	*why = "This server speaks tus " TUS_VERSION
	       " only: send Tus-Resumable: " TUS_VERSION ".";
	if (is_other_version(http, r))
		return 412;
	r->place = take_place(http->path, r);
	*why = "There is nothing of that name.";
	if (r->place == TUS_NOWHERE)
		return 404;
	*why = "The method is none of those that are offered there.";
	if (r->method == TUS_METHODS ||
	    (places[r->place].methods & BIT(r->method)) == 0)
		return 405;
	switch (r->method) {
	case TUS_POST:
		return r->is_fetch ? 0 : take_post(http, r, why);
	case TUS_PATCH:
		return take_patch(http, r, why);
	case TUS_PUT:
		return take_put(http, r, why);
	default:
		return 0;
	}
}
