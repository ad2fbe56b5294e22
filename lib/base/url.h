/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What may be shown of a URL. Users and passwords are secrets, and so is a
 * query string: that of a presigned link is the permission itself.
 */
#ifndef VM_BASE_URL_H
#define VM_BASE_URL_H

#include <stdbool.h>

/*
 * A copy of url without user, password, query and fragment (RFC 3986
 * section 3), and otherwise as it was typed; what is no UTF-8, and characters
 * that are not for people, are shown as '?'. Where a password may hold an '@'
 * and a '/', all before the last '@' is left out. Any text will do: one that is
 * not a URL comes back without what follows a '?' or '#'.
 *
 * Returns a string for free(3), or NULL with errno ENOMEM.
 */
char *url_for_show(const char *url);

/*
 * The user and the password that url holds, decoded (RFC 3986 section 2.1);
 * each NULL where there is none. Returns 0, or -1 with errno ENOMEM. Both are
 * for secret_free().
 */
int url_get_user(const char *url, char **user, char **password);

/*
 * The parts of a URL with "://" (RFC 3986 section 3), decoded; NULL where there
 * is none, but path may be "". host has no brackets; port is 0 where none is
 * given. Returns 0 and the parts, for url_parts_free(); or -1 with errno: EINVAL
 * where it is no such URL, ENOMEM.
 */
struct url_parts {
	char *user, *password, *host, *path, *query;
	unsigned port;
};
int url_split(const char *url, struct url_parts *);
void url_parts_free(struct url_parts *);

/*
 * Has the URL a password, and an '@' behind the host as well? Then the host may
 * be a part of a password whose '/' was not written %2F, and must not be shown.
 */
bool url_is_ambiguous(const char *url);

/* What to say then. */
#define URL_AMBIGUOUS_HINT \
	"in a user or password, / is written %2F and @ is written %40"

/*
 * The path that a file: URL names on this machine (RFC 8089), decoded, for
 * free(3). NULL with errno: EINVAL where it is not such a URL, ENOMEM.
 */
char *url_file_path(const char *url);

#endif
