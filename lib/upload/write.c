/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "http/status.h"
#include "upload/write.h"

/* Write a header with a time in HTTP's form (RFC 9110 section 5.6.7). */
static void
write_time(FILE *out, const char *header, int64_t when)
{
	time_t time = (time_t)when;
	char text[64];
	struct tm tm;

	if (gmtime_r(&time, &tm) != NULL &&
	    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
		fprintf(out, "%s: %s\r\n", header, text);
}

static void
write_head(FILE *out, const struct upload *u)
{
	fprintf(out, "Status: %d %s\r\n", u->status, http_reason(u->status));
	fputs("Tus-Resumable: " TUS_VERSION "\r\n"
	      "Cache-Control: no-store\r\n"
	      "X-Content-Type-Options: nosniff\r\n",
	    out);
	if (u->is_configuration || u->status == 412)
		fputs("Tus-Version: " TUS_VERSION "\r\n", out);
	if (u->is_configuration)
		fputs("Tus-Extension: " TUS_EXTENSIONS "\r\n"
		      "Tus-Checksum-Algorithm: " TUS_ALGORITHMS "\r\n",
		    out);
	if (u->has_room)
		fprintf(
		    out, "Tus-Max-Size: %llu\r\n", (unsigned long long)u->room);
	if (u->is_configuration || u->status == 405)
		fprintf(out, "Allow: %s\r\n", tus_allow(u->tus.place));
	/* The scheme Basic would make a browser ask its user for a password in
	 * the middle of an upload whose session has ended. */
	if (u->status == 401)
		fprintf(out, "WWW-Authenticate: %s realm=\"redfish\"\r\n",
		    u->credentials.token != NULL ? "X-Auth-Token" : "Basic");
	if (u->has_offset)
		fprintf(out, "Upload-Offset: %llu\r\n",
		    (unsigned long long)u->offset);
	if (u->has_length)
		fprintf(out, "Upload-Length: %llu\r\n",
		    (unsigned long long)u->length);
	if (u->metadata[0] != '\0')
		fprintf(out, "Upload-Metadata: %s\r\n", u->metadata);
	if (u->expires != 0)
		write_time(out, "Upload-Expires", u->expires);
	if (u->location[0] != '\0')
		fprintf(out, "Location: %s\r\n", u->location);
	if (u->retry_after != 0)
		fprintf(out, "Retry-After: %d\r\n", u->retry_after);
}

/* Make the body of an error. Returns whether the answer has a body. */
static bool
make_body(struct upload *u)
{
	struct json_text t = {0};

	if (u->status >= 400) {
		json_begin_object(&t, NULL);
		json_put_string(&t, "error", u->error);
		json_end_object(&t);
		free(u->text);
		u->text = json_text_end(&t) ? strdup(t.data) : NULL;
		json_text_free(&t);
	}
	return u->text != NULL;
}

size_t
upload_write(struct upload *u, char **text)
{
	size_t size = 0;
	FILE *out = open_memstream(text, &size);

	if (out == NULL) {
		*text = NULL;
		return 0;
	}
	write_head(out, u);
	if (make_body(u))
		fprintf(out,
		    "Content-Type: application/json;charset=utf-8\r\n"
		    "Content-Length: %zu\r\n",
		    strlen(u->text));
	else if (u->status != 204 && u->tus.method != TUS_HEAD)
		fputs("Content-Length: 0\r\n", out);
	fputs("\r\n", out);
	if (u->text != NULL && u->tus.method != TUS_HEAD)
		fputs(u->text, out);
	return fclose(out) == EOF ? 0 : size;
}
