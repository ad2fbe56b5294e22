/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The parts of a URL, and what may be shown of it. Users and passwords are
 * secrets, and so is a query string: in a presigned link, it is the permission.
 */
#ifndef VM_BASE_URL_H
#define VM_BASE_URL_H

#include <stdbool.h>

/*
 * Copy url without user, password, query and fragment (RFC 3986 section 3), and
 * otherwise as it was typed; bytes that are not UTF-8, and characters that
 * mislead a reader, become '?'. If a password may hold an '@' and a '/',
 * everything before the last '@' is left out. Any text is accepted: one that is
 * not a URL is returned without a user and without a '?' or '#' and what
 * follows.
 *
 * Returns a string for free(3), or NULL with errno ENOMEM.
 */
char *url_for_show(const char *url);

/*
 * Set *user and *password to those in url, decoded (RFC 3986 section 2.1); each
 * is NULL if url has none. Returns 0, or -1 with errno ENOMEM. Both are for
 * secret_free().
 */
int url_get_user(const char *url, char **user, char **password);

/*
 * The parts of a URL with "://" (RFC 3986 section 3), decoded; a part is NULL
 * if the URL does not have it, but path may be "". host has no brackets; port
 * is 0 if none is given. url_split() returns 0 and the parts, for
 * url_parts_free(); or -1 with errno: EINVAL if the text is not such a URL,
 * ENOMEM.
 */
struct url_parts {
	char *user, *password, *host, *path, *query;
	unsigned port;
};
int url_split(const char *url, struct url_parts *);
void url_parts_free(struct url_parts *);

/*
 * Does the URL have a password, and another '@' after the host? Then the host
 * may be part of a password whose '/' was not written as %2F, and must not be
 * shown.
 */
bool url_is_ambiguous(const char *url);

/* The hint for such a URL. */
#define URL_AMBIGUOUS_HINT \
	"in a user or password, / is written %2F and @ is written %40"

/*
 * Returns the path that a file: URL names on this machine (RFC 8089), decoded,
 * for free(3); or NULL with errno: EINVAL if it is not such a URL, ENOMEM.
 */
char *url_file_path(const char *url);

#endif
