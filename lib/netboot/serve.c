/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "http/status.h"
#include "netboot/machine.h"
#include "netboot/neighbours.h"
#include "netboot/path.h"
#include "netboot/range.h"
#include "netboot/serve.h"
#include "netboot/boot-file.h"
#include "unix/places.h"

#define SCRIPT	"boot.ipxe"
#define NO_MORE "#!ipxe\nexit\n" /* go on to the next boot device */
#define DONE	"done"

#define COMMON_HEADERS "Cache-Control: no-store\r\n"
#define RETRY	       "Retry-After: 2\r\n"
#define HEAD_SIZE      512

/* UEFI 2.10 section 24.7.2; firmware looks at the type before the name. */
static const struct {
	const char *end, *type;
} types[] = {
    {".cfg", "text/plain"},
    {".efi", "application/efi"},
    {".img", "application/vnd.efi-img"},
    {".ipxe", "text/plain"},
    {".iso", "application/vnd.efi-iso"},
};

static const char *
type_of(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(dot, types[i].end) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static bool
is_method(const struct cgi_request *http, const char *method)
{
	return http->method != NULL && strcmp(http->method, method) == 0;
}

/* --- who may have what ------------------------------------------------------ */

/* Find the machine that sent the request. A stranger gets the same answer as a
 * client that does not know the machine's token. */
static bool
find_machine(const struct netboot_settings *s, const struct cgi_request *http,
    const struct netboot_path *path, struct machine *m, struct failure *why)
{
	unsigned char mac[MAC_SIZE];

	if (neighbours_mac(s->table, s->adapter, http->peer, mac) == -1) {
		if (errno != ENOENT)
			fail_errno(
			    why, EX_OSERR, "unable to read %s", s->table);
		return false;
	}
	if (!machine_find(s->directory, mac, m, why))
		return false;
	if (netboot_path_is_for(path, m->token))
		return true;
	machine_close(m);
	return false;
}

/* Returns 200 and the file; or another HTTP status, with *why if the fault is
 * ours. */
static int
open_file(const struct machine *m, const char *name, struct boot_file *file,
    struct failure *why)
{
	int status;

	if (*name == '\0')
		return 404;
	if (m->is_done) {
		if (strcmp(name, SCRIPT) != 0)
			return 404;
		boot_file_set_text(file, NO_MORE);
		return 200;
	}
	status = boot_file_open(m->files, m->name, name, file, why);
	return status == 0 ? 200 : status;
}

/* Decide the answer's status. Strangers learn nothing, not even which methods
 * are allowed. */
static int
judge(const struct netboot_settings *s, const struct cgi_request *http,
    const struct netboot_path *path, struct boot_file *file,
    struct failure *why)
{
	const bool is_read = is_method(http, "GET") || is_method(http, "HEAD");
	struct machine m;
	int status;

	if (!find_machine(s, http, path, &m, why))
		return 403;
	if (strcmp(path->name, DONE) == 0)
		status = is_read || is_method(http, "POST") ? 204 : 405;
	else
		status = is_read ? open_file(&m, path->name, file, why) : 405;
	machine_close(&m);
	return status;
}

/* --- the answer --------------------------------------------------------------- */

/* Answer without a file. A 204 has no length (RFC 9110 section 8.6). */
static void
write_status(int status, bool is_done, bool is_head, int client)
{
	char body[64] = "", head[HEAD_SIZE];
	int len, body_len;

	len = snprintf(head, sizeof(head), "Status: %d %s\r\n" COMMON_HEADERS,
	    status, http_reason(status));
	body_len = snprintf(body, sizeof(body), "%s\n", http_reason(status));
	if (status == 405)
		len += snprintf(head + len, sizeof(head) - (size_t)len,
		    "Allow: GET, HEAD%s\r\n", is_done ? ", POST" : "");
	if (status == 503)
		len += snprintf(head + len, sizeof(head) - (size_t)len, RETRY);
	if (status != 204)
		len += snprintf(head + len, sizeof(head) - (size_t)len,
		    "Content-Type: text/plain\r\nContent-Length: %d\r\n",
		    body_len);
	len += snprintf(head + len, sizeof(head) - (size_t)len, "\r\n%s",
	    status == 204 || is_head ? "" : body);
	http_write(client, head, (size_t)len);
}

/* Write the head of an answer with a file. Returns 0, or -1 if the client has
 * gone. */
static int
write_head(enum range_kind kind, const struct range *r, uint64_t size,
    const char *type, int client)
{
	const int status = kind == RANGE_WHOLE	? 200
			   : kind == RANGE_PART ? 206
						: 416;
	char head[HEAD_SIZE], range[128] = "";
	int len;

	if (kind == RANGE_PART)
		snprintf(range, sizeof(range),
		    "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
		    "\r\n",
		    r->begin, r->begin + r->length - 1, size);
	else if (kind == RANGE_OUTSIDE)
		snprintf(range, sizeof(range),
		    "Content-Range: bytes */%" PRIu64 "\r\n", size);
	len = snprintf(head, sizeof(head),
	    "Status: %d %s\r\n" COMMON_HEADERS "Accept-Ranges: bytes\r\n"
	    "Content-Type: %s\r\nContent-Length: %" PRIu64 "\r\n%s\r\n",
	    status, http_reason(status), type,
	    kind == RANGE_OUTSIDE ? 0 : r->length, range);
	return http_write(client, head, (size_t)len);
}

/* Returns 0, also if the client goes away; or -1 with *why. */
static int
write_bytes(const struct boot_file *file, const struct range *r, int client,
    struct failure *why)
{
	static char piece[BOOT_FILE_READ_MAX];
	uint64_t at = r->begin, left = r->length;
	size_t len;

	for (; left > 0; at += len, left -= len) {
		len = left < sizeof(piece) ? (size_t)left : sizeof(piece);
		if (boot_file_read(file, client, piece, len, at) == -1)
			return errno == ECANCELED
				   ? 0
				   : fail_errno(why, EX_IOERR,
					 "unable to read %s at byte %" PRIu64,
					 file->shown, at);
		if (http_write(client, piece, len) == -1)
			return 0;
	}
	return 0;
}

/* Only a GET has ranges. If-Range never matches: we send no date and no tag,
 * because the file may be another one soon. */
static void
write_file(const struct boot_file *file, const struct cgi_request *http,
    const char *name, int client, struct failure *why)
{
	const bool is_head = is_method(http, "HEAD");
	const char *wanted =
	    is_head || http->if_range != NULL ? NULL : http->range;
	enum range_kind kind;
	struct range r;

	/* This may take hours: take a place, and stop the alarm. */
	if (!is_head && !places_take()) {
		write_status(503, false, false, client);
		return;
	}
	alarm(0);
	kind = range_take(wanted, file->size, &r);
	if (write_head(kind, &r, file->size, type_of(name), client) == 0 &&
	    kind != RANGE_OUTSIDE && !is_head)
		write_bytes(file, &r, client, why);
}

void
netboot_serve(const struct netboot_settings *s, const struct cgi_request *http,
    int error, int client, struct failure *why)
{
	struct boot_file file = {.fd = -1};
	struct netboot_path path = {{0}, {0}};
	int status = error;

	why->text[0] = '\0';
	if (error == 0) {
		netboot_path_take(http->path, &path);
		status = judge(s, http, &path, &file, why);
	}
	if (status == 200)
		write_file(&file, http, path.name, client, why);
	else
		write_status(status, strcmp(path.name, DONE) == 0,
		    is_method(http, "HEAD"), client);
	boot_file_close(&file);
}
